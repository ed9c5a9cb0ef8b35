import { RE2JS } from 're2js';

/**
 * Longer texts are not searched: the search costs about a microsecond a kilobyte, and the call waits for it. What was
 * not looked at is not known, so the rule then follows its `onError`. In UTF-16 units.
 */
const MAX_TEXT_CHARS = 1_000_000;

/**
 * A test whether an expression in RE2's syntax is found in a text. It takes time linear in the text, whoever wrote it.
 *
 * @throws Error that says what is wrong, where the expression has no meaning in RE2 (look-around, back references).
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern);
  return (text) => {
    if (text.length > MAX_TEXT_CHARS) {
      throw new RangeError(
        `the text has ${text.length} characters; ${MAX_TEXT_CHARS} are searched`,
      );
    }
    return compiled.test(text);
  };
}
