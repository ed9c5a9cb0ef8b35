import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createSseParser, type ServerSentEvent } from './sse-parser.ts';

const parse = (...pieces: readonly string[]): readonly ServerSentEvent[] => {
  const parser = createSseParser(1_000_000);
  return pieces.flatMap((piece) => [...(parser.push(piece) ?? [])]);
};

test.each<[string, string, readonly ServerSentEvent[]]>([
  ['an event with a name', 'event: state\ndata: {}\n\n', [{ event: 'state', data: '{}' }]],
  ['an event without a name', 'data: x\n\n', [{ event: 'message', data: 'x' }]],
  ['data in several lines', 'data: a\ndata: b\n\n', [{ event: 'message', data: 'a\nb' }]],
  ['one blank after the colon', 'data:  a\n\n', [{ event: 'message', data: ' a' }]],
  [
    'comments, ids and fields of others',
    ': hi\nid: 1\nretry: 2\nx: y\ndata: a\n\n',
    [{ event: 'message', data: 'a' }],
  ],
  ['an event without data', 'event: ping\n\n', []],
  [
    'carriage returns',
    'event: a\r\ndata: b\r\rdata: c\r\n\r\n',
    [
      { event: 'a', data: 'b' },
      { event: 'message', data: 'c' },
    ],
  ],
  ['an event that is cut off', 'data: a\n\ndata: b\n', [{ event: 'message', data: 'a' }]],
])('%s', (_name, text, events) => {
  expect(parse(text)).toEqual(events);
});

const anyStream = fc
  .array(
    fc.oneof(
      fc.constantFrom('event: a\n', 'data: x\n', '\n', '\r\n', '\r', 'data:', ':c\n'),
      fc.string(),
    ),
  )
  .map((parts) => parts.join(''));

test('the pieces in which a stream comes make no difference', () => {
  fc.assert(
    fc.property(anyStream, fc.array(fc.nat()), (text, cuts) => {
      const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].toSorted(
        (a, b) => a - b,
      );
      const pieces = [0, ...places].map((from, index) =>
        text.slice(from, places[index] ?? text.length),
      );
      expect(parse(...pieces)).toEqual(parse(text));
    }),
  );
});

test('an event longer than allowed is the end of trust, however it comes', () => {
  for (const endless of ['data: xxxxxxxxxx', 'data: xxx\n']) {
    const parser = createSseParser(100);
    const answers = Array.from({ length: 50 }, () => parser.push(endless));
    expect(answers).toContain(undefined);
  }
});
