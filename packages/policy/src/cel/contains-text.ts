/** Up to here what the platform does is fast enough for any text: it may compare all of them at each place. */
const MAX_SHORT_CHARS = 100;

/**
 * Is a text part of another one? In time linear in both (Knuth, Morris and Pratt): an agent chooses both, and
 * `String.prototype.includes` takes the product of their lengths for some.
 */
export function containsText(text: string, wanted: string): boolean {
  if (wanted.length <= MAX_SHORT_CHARS) return text.includes(wanted);
  if (wanted.length > text.length) return false;
  const borders = bordersOf(wanted);
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    matched = longer(wanted, borders, { matched, next: text.charCodeAt(at) });
    if (matched === wanted.length) return true;
  }
  return false;
}

/** For each beginning of a text the length of the longest part that it begins and ends with, itself not counted. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length + 1);
  for (let length = 2; length <= text.length; length += 1) {
    const matched = borders[length - 1] ?? 0;
    borders[length] = longer(text, borders, { matched, next: text.charCodeAt(length - 1) });
  }
  return borders;
}

/** How much of the beginning of `wanted` is matched with one more character. */
function longer(
  wanted: string,
  borders: Uint32Array,
  from: { readonly matched: number; readonly next: number },
): number {
  let { matched } = from;
  while (matched > 0 && wanted.charCodeAt(matched) !== from.next) matched = borders[matched] ?? 0;
  return wanted.charCodeAt(matched) === from.next ? matched + 1 : 0;
}
