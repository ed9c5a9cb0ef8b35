import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  contentJson,
  MAX_CONTENT_LENGTH,
  MAX_TEXT_LENGTH,
  messagesJson,
  parseContentCapture,
} from './content.ts';

test.each([
  ['true', true],
  ['TRUE', true],
  [' 1 ', true],
  ['span_only', true],
  ['SPAN_AND_EVENT', true],
  ['EVENT_ONLY', true],
  ['false', false],
  ['no_content', false],
  ['none', false],
  ['yes please', false],
  ['', false],
  [undefined, false],
])('the capture variable %j means %s', (value, captures) => {
  expect(parseContentCapture(value)).toBe(captures);
});

test('content is JSON that can be read again, within its limit, whatever is recorded', () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withTypedArray: true }),
      (value) => {
        const json = contentJson(value)?.json;
        expect(json === undefined || typeof JSON.parse(json) !== 'function').toBe(true);
      },
    ),
  );
  const long = contentJson({ lines: Array.from({ length: 40_000 }, () => 'a line of text') });
  expect(long?.json.length).toBeLessThan(MAX_CONTENT_LENGTH * 1.5);
  expect(JSON.parse(long?.json ?? '')).toEqual(expect.stringContaining('characters left out'));
});

test('bytes are counted, not copied, and cycles are left out', () => {
  expect(contentJson({ file: new Uint8Array(9) })?.json).toBe('{"file":"[9 bytes]"}');
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  expect(contentJson(cycle)).toBeUndefined();
});

test('of messages that are too many the newest stay, and it is said how many are missing', () => {
  const messages = Array.from({ length: 50 }, (_, n) => ({
    role: 'user',
    n,
    text: 'x'.repeat(10_000),
  }));
  const { json, leftOutCharacters } = messagesJson(messages) ?? { json: '', leftOutCharacters: 0 };
  expect(json.length).toBeLessThanOrEqual(MAX_CONTENT_LENGTH);
  expect(leftOutCharacters).toBeGreaterThan(JSON.stringify(messages).length - MAX_CONTENT_LENGTH);
  const kept = JSON.parse(json) as { n?: number }[];
  expect(kept.at(-1)?.n).toBe(49);
  expect(kept[0]).toMatchObject({ role: 'system' });
  expect(JSON.stringify(kept[0])).toContain(`${50 - (kept.length - 1)} earlier messages left out`);
});

test('what is left out is counted, texts and the whole', () => {
  expect(contentJson({ text: 'x'.repeat(MAX_TEXT_LENGTH) })?.leftOutCharacters).toBe(0);
  const texts = { a: 'x'.repeat(MAX_TEXT_LENGTH + 5), b: 'x'.repeat(MAX_TEXT_LENGTH + 7) };
  expect(contentJson(texts)?.leftOutCharacters).toBe(12);
  const lines = Array.from({ length: 40_000 }, () => 'a line of text');
  expect(contentJson(lines)?.leftOutCharacters).toBe(
    JSON.stringify(lines).length - MAX_CONTENT_LENGTH,
  );
});

test.each([
  ['a text', 'half \ud83d of a pair'],
  ['a key', { ['\udc00']: { ['a\ud800']: 1 } }],
  ['a text that is cut in a pair', `${'x'.repeat(MAX_TEXT_LENGTH - 1)}\u{1F600}`],
  [
    'a whole that is cut in a pair',
    Array.from({ length: 9 }, () => '\u{1F600}'.repeat(MAX_TEXT_LENGTH / 2)),
  ],
])('%s is well-formed Unicode', (_name, value) => {
  const { json } = contentJson(value) ?? { json: '' };
  const strings: string[] = [];
  JSON.parse(json, (key: string, entry: unknown) => {
    strings.push(key);
    if (typeof entry === 'string') strings.push(entry);
    return entry;
  });
  expect(strings.filter((text) => !text.isWellFormed())).toEqual([]);
  expect(json).toContain('\ufffd');
});
