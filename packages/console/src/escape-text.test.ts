import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';

import { escapeText } from './escape-text.ts';

test.each([
  ['<b>"&\'`', '&lt;b&gt;&quot;&amp;&#39;&#96;'],
  ['pay \u202Eesrever', 'pay ⟨U+202E⟩esrever'],
  ['\u001B[31mred\u0000', '⟨U+001B⟩[31mred⟨U+0000⟩'],
  ['zero\u200Bwidth\uFEFF', 'zero⟨U+200B⟩width⟨U+FEFF⟩'],
  ['tags \u{E0041}\u{E0042}', 'tags ⟨U+E0041⟩⟨U+E0042⟩'],
  ['half \uD800', 'half ⟨U+D800⟩'],
  ['filler \u3164', 'filler ⟨U+3164⟩'],
  ['hidden bytes \uFE01\u{E0110}', 'hidden bytes ⟨U+FE01⟩⟨U+E0110⟩'],
])('%j is shown as %j', (text, shown) => {
  expect(escapeText(text)).toBe(shown);
});

test('what people write stays what it is', () => {
  const text = 'Grüße, 你好, שלום, \ttab\nline, ❤\uFE0F, 👍🏽, e\u0301';
  expect(escapeText(text)).toBe(text);
  expect(escapeText('one\r\ntwo')).toBe('one\ntwo');
});

test('nothing that is escaped is markup or unseen, whatever it was', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      const escaped = escapeText(text);
      expect(escaped).not.toMatch(/[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/);
      expect(escaped).not.toMatch(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(escaped.isWellFormed()).toBe(true);
    }),
  );
});
