import { html, type Content } from './html.ts';

/** A moment for people and programs. What is no time is shown as it came. */
export function moment(at: string | undefined): Content {
  if (at === undefined) return undefined;
  const millis = Date.parse(at);
  if (Number.isNaN(millis)) return at;
  const iso = new Date(millis).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 23)} UTC</time>`;
}

/** The time of day only, for rows that stand close to each other. */
export function timeOfDay(at: string | undefined): Content {
  if (at === undefined) return undefined;
  const millis = Date.parse(at);
  if (Number.isNaN(millis)) return at;
  const iso = new Date(millis).toISOString();
  return html`<time datetime="${iso}">${iso.slice(11, 23)}</time>`;
}

/** A moment in nanoseconds since the Unix epoch, as a decimal string. */
export function momentOfNanos(unixNano: string): Content {
  const date = new Date(Number(BigInt(unixNano) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? unixNano : moment(date.toISOString());
}

/** A duration as people say it: `412 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
export function durationText(millis: number): string {
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(1)} s`;
  const seconds = Math.round(millis / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
