const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
  ['`', '&#96;'],
]);

/**
 * Characters that nobody sees and that change what is seen, or carry words that only a model reads: controls, bidirectional
 * overrides, zero-width ones, tags, fillers, variation selectors (that of emoji excepted), halves of surrogate pairs.
 * Line feeds and tabs are what they look like.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const KEPT = new Set(['\t', '\n', '\uFE0F']);

/** Text of strangers for elements and for attributes in quotes: nothing in it is markup, and nothing in it is unseen. */
export function escapeText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[&<>"'`]/g, (char) => ENTITIES.get(char) ?? '')
    .replace(UNSEEN, codeOf);
}

/** `⟨U+202E⟩`, where it is to be seen. */
function codeOf(char: string): string {
  if (KEPT.has(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
