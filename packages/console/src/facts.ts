import { html, type Content, type Html } from './html.ts';

/** A name and what it is; what is `undefined` or empty is left out. */
export type Fact = readonly [name: string, value: Content];

/** Names and values beside each other. */
export function factList(facts: readonly Fact[]): Html {
  const known = facts.filter(([, value]) => !isNothing(value));
  return html`<dl class="facts">
    ${known.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function isNothing(value: Content): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Names of others, digests, ids: as they are, set apart from our own words. */
export function code(text: string | undefined): Content {
  return text === undefined || text === '' ? undefined : html`<code>${text}</code>`;
}

/** `2 failed, 1 ok` */
export function countsText(counts: Readonly<Record<string, number>>): string | undefined {
  const parts = Object.entries(counts).map(
    ([name, count]) => `${count} ${name.replaceAll('_', ' ')}`,
  );
  return parts.length === 0 ? undefined : parts.join(', ');
}
