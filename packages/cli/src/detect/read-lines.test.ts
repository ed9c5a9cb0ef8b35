import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createProgress } from './progress.ts';
import { readLines } from './read-lines.ts';

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

describe('readLines', () => {
  test('gives the lines of a text, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '))),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        async (texts, newlineAtEnd, size) => {
          const last = texts.at(-1);
          // An empty last line without a newline is no line.
          const whole = texts.join('\n') + (newlineAtEnd || last === '' ? '\n' : '');
          const expected = texts.length === 0 && whole === '\n' ? [''] : texts;
          const lines = [];
          for await (const line of readLines(chunked(Buffer.from(whole), size), 1e6))
            lines.push(line);
          expect(lines.map(({ text }) => text)).toEqual(expected);
          expect(lines.map(({ number }) => number)).toEqual(expected.map((_, index) => index + 1));
          expect(lines.at(-1)?.endOffset ?? 0).toBe(Buffer.byteLength(whole));
        },
      ),
    );
  });

  test('skips a line that is too long, and reads the next', async () => {
    const bytes = Buffer.from(`a\n${'x'.repeat(100)}\nb\n`);
    const texts = [];
    for await (const { text } of readLines(chunked(bytes, 7), 10)) texts.push(text);
    expect(texts).toEqual(['a', undefined, 'b']);
  });
});

describe('progress', () => {
  test('is told every two seconds, with the share of the file where its size is known', () => {
    let now = 0;
    const told: string[] = [];
    const known = createProgress(
      1000,
      (text) => told.push(text),
      () => now,
    );
    const pipe = createProgress(
      undefined,
      (text) => told.push(text),
      () => now,
    );
    known(256, 100);
    now = 2500;
    known(500, 200);
    known(512, 333);
    known(768, 400);
    pipe(512, 333);
    expect(told).toEqual(['512 lines, 33 %', '512 lines']);
  });
});
