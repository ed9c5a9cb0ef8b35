/**
 * Text of strangers, made fit for a terminal: control characters (escape sequences, carriage returns, bidirectional
 * overrides) are shown as `\x1b`-like escapes instead of being obeyed, and long texts are cut.
 *
 * @param maxChars longest result in characters; default 200.
 */
export function sanitize(text: string, maxChars = 200): string {
  let out = '';
  let count = 0;
  for (const char of text) {
    if (count >= maxChars) return `${out}…`;
    out += isControl(char.codePointAt(0) ?? 0) ? escapeChar(char) : char;
    count += 1;
  }
  return out;
}

function isControl(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}

function escapeChar(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code <= 0xff
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
