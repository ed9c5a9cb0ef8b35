import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { escapeMarkdown, fileLink, pageLink } from './escape-markdown.ts';

const SPECIAL = '\\`*_{}[]()#+-.!|~:@^$="\'<>&\n\r\t\u2028\u202e\u0000ab ';
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from(SPECIAL)) }),
);

/** Reads escaped text back: what a renderer would show. `undefined`: something in it is live. */
function shown(escaped: string): string | undefined {
  let text = '';
  let rest = escaped;
  while (rest !== '') {
    const token = /^(?:\\([!-/:-@[-`{-~])|&(amp|lt|gt);|([^\\`*_[\]~|$@<>&]))/su.exec(rest);
    if (token === null) return undefined;
    const [whole, escapedCharacter, entity, plain] = token;
    text += escapedCharacter ?? plain ?? { amp: '&', lt: '<', gt: '>' }[entity ?? ''] ?? '';
    rest = rest.slice(whole.length);
  }
  return text;
}

test('whatever is escaped has nothing live in it, stands on one line, and shows the same characters', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeMarkdown(text);
      expect(escaped).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(escaped).not.toMatch(/^(?:[-+#=:>\s]|\d+[.)])/);
      expect(escaped).not.toMatch(/(?<!\\):[^\d\s]/);
      expect(shown(escaped)).toBe(text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim());
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['a | b', 'a \\| b'],
  ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
  ['[x](javascript:alert(1))', '\\[x\\](javascript\\:alert(1))'],
  ['![x](y)', '!\\[x\\](y)'],
  ['see https://evil.example', 'see https\\://evil.example'],
  ['see WWW.evil.example', 'see WWW\\.evil.example'],
  ['one\n\n# two', 'one # two'],
  ['# one', '\\# one'],
  ['- one', '\\- one'],
  ['1. one', '1\\. one'],
  ['12) one', '12\\) one'],
  ['\\| x', '\\\\\\| x'],
  ['&lt;b&gt;', '&amp;lt;b&amp;gt;'],
  ['2026-11-22T10:00:00.000Z', '2026-11-22T10:00:00.000Z'],
])('%j is %s', (text, escaped) => expect(escapeMarkdown(text)).toBe(escaped));

test('a file link stays below its base and cannot end early', () => {
  expect(fileLink('../', 'trajectories/failure/2026-11-22.jsonl', 12)).toBe(
    '[trajectories/failure/2026-11-22.jsonl:12](../trajectories/failure/2026-11-22.jsonl#L12)',
  );
  for (const base of ['..', '../', './../']) {
    expect(fileLink(base, 'a.jsonl', undefined)).toMatch(/\]\((?:\.\/)?\.\.\/a\.jsonl\)$/);
  }
  expect(fileLink('../my (data)', 'a b.jsonl', 1)).toContain(
    '](../my%20%28data%29/a%20b.jsonl#L1)',
  );
  fc.assert(
    fc.property(fc.oneof(hostile, fc.constant('](')), fc.nat(), (file, line) => {
      const link = fileLink('', `../${file}/../x)`, line);
      // The target holds neither bracket; an escaped one in the label is no end of it.
      const target = link.slice(link.lastIndexOf('](') + 2, -1);
      expect(target).toMatch(/^(?:[\w.%\-/]|#L\d+$)*$/);
      expect(decodeURIComponent(target).split('/')).not.toContain('..');
    }),
  );
});

test('only http addresses become links to pages', () => {
  expect(pageLink('open', 'https://jaeger.example/trace/1?x=(a)')).toBe(
    '[open](https://jaeger.example/trace/1?x=%28a%29)',
  );
  expect(pageLink('open', 'javascript:alert(1)')).toBe('open');
  expect(pageLink('open', 'nonsense')).toBe('open');
});
