import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { contentJson, MAX_CONTENT_LENGTH, messagesJson, parseContentCapture } from './content.ts';

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
        const json = contentJson(value);
        expect(json === undefined || typeof JSON.parse(json) !== 'function').toBe(true);
      },
    ),
  );
  const long = contentJson({ lines: Array.from({ length: 40_000 }, () => 'a line of text') });
  expect(long?.length).toBeLessThan(MAX_CONTENT_LENGTH * 1.5);
  expect(JSON.parse(long ?? '')).toEqual(expect.stringContaining('characters left out'));
});

test('bytes are counted, not copied, and cycles are left out', () => {
  expect(contentJson({ file: new Uint8Array(9) })).toBe('{"file":"[9 bytes]"}');
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
  const json = messagesJson(messages) ?? '';
  expect(json.length).toBeLessThanOrEqual(MAX_CONTENT_LENGTH);
  const kept = JSON.parse(json) as { n?: number }[];
  expect(kept.at(-1)?.n).toBe(49);
  expect(kept[0]).toMatchObject({ role: 'system' });
  expect(JSON.stringify(kept[0])).toContain(`${50 - (kept.length - 1)} earlier messages left out`);
});
