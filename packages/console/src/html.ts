import { counted, cutText } from './cut-text.ts';
import { escapeText } from './escape-text.ts';

/** Markup that was made here: the only thing that is put into a page as it is. */
export interface Html {
  /** For the wire. */
  readonly toString: () => string;
}

/**
 * What may stand in a template: markup, and everything else as text, cut where it is longer than any name has a reason to
 * be. `undefined` is nothing.
 */
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
  return named(String(content));
}

const MAX_NAME_CHARS = 1_000;

/** Names come from strangers, too: one of a megabyte is not the page that somebody wants to see. */
function named(text: string): string {
  if (text.length <= MAX_NAME_CHARS) return escapeText(text);
  return escapeText(`${cutText(text, MAX_NAME_CHARS)}… (${counted(text.length)} characters)`);
}

/** Text of any length as markup; whoever puts it in has seen to its length. */
export function wholeText(text: string): Html {
  return new Markup(escapeText(text));
}
