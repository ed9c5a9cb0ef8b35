import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { delimited, tag, varint } from './testing/wire-writer.ts';
import { WireWriter } from './wire-writer.ts';

/** Around every length at which the length itself takes a byte more. */
const LENGTHS = [0, 1, 126, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152];
const UNITS = ['a', 'é', '€', '😀'];

const written = (write: (writer: WireWriter) => void): Buffer => {
  const writer = new WireWriter();
  write(writer);
  return writer.finish();
};

test.each(LENGTHS)('a text of %i bytes has its length in the fewest bytes', (length) => {
  const text = 'x'.repeat(length);
  expect(written((writer) => writer.text(0x0a, text, true)).equals(delimited(1, text))).toBe(true);
});

test('texts and nested messages are as protobuf writes them, however long their characters are', () => {
  const text = fc
    .tuple(fc.constantFrom(...UNITS), fc.nat(400))
    .map(([unit, count]) => unit.repeat(count));
  fc.assert(
    fc.property(text, text, fc.nat(), (outer, inner, number) => {
      const bytes = written((writer) => {
        const start = writer.open(0x12);
        writer.text(0x0a, outer, true);
        const nested = writer.open(0x1a);
        writer.text(0x0a, inner, true);
        writer.varint(0x10, number);
        writer.close(nested);
        writer.close(start);
        writer.varint(0x18, 1);
      });
      const nested = delimited(3, delimited(1, inner), tag(2, 0), varint(number));
      const all = [delimited(2, delimited(1, outer), nested), tag(3, 0), varint(1)];
      expect(bytes).toEqual(Buffer.concat(all));
    }),
  );
});
