import { escapeText } from './escape-text.ts';

/** Markup that was made here: the only thing that is put into a page as it is. */
export interface Html {
  /** For the wire. */
  readonly toString: () => string;
}

/** What may stand in a template: markup, and everything else as text. `undefined` is nothing. */
export type Content = Html | string | number | undefined | readonly Content[];

/** A class, not a field: what was read as JSON can look like anything, but is never an instance of it. */
class Markup implements Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * Markup out of a template. Each value in it is text, escaped for elements and for attributes in quotes, unless it is
 * markup itself: there is no way to put a string in unescaped.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Markup(
    parts.map((part, index) => (index === 0 ? part : toMarkup(values[index - 1]) + part)).join(''),
  );
}

function toMarkup(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.toString();
  if (Array.isArray(content)) return content.map((each: Content) => toMarkup(each)).join('');
  return escapeText(String(content));
}
