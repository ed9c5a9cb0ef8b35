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
 * overrides, zero-width ones, tags, variation selectors (that of emoji excepted), fillers, halves of surrogate pairs.
 * Line feeds and tabs are what they look like.
 */
const UNSEEN =
  /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u0000-\u0008\u000B-\u001F\u007F-\u009F\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0E\uFFA0\u{E0100}-\u{E01EF}]/gu;

/** Text of strangers for elements and for attributes in quotes: nothing in it is markup, and nothing in it is unseen. */
export function escapeText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[&<>"'`]/g, (char) => ENTITIES.get(char) ?? '')
    .replace(UNSEEN, codeOf);
}

/** `⟨U+202E⟩` */
function codeOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
