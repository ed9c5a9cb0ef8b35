import { array, assert, boolean, constantFrom, integer, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBodyBytes } from './body-bytes.ts';
import { freeMemory } from '../free-memory.ts';

const MIB = 1024 * 1024;
const pattern = (bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));
/** Memory of its own, as chunks of HTTP/1 have; or a part of other memory, as those of HTTP/2. */
const chunkOf = (bytes: Buffer, isWhole: boolean): Buffer => {
  if (!isWhole) return bytes;
  const chunk = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(chunk);
  return chunk;
};

describe('bytes of a body', () => {
  test('are what came, whatever the chunks and whatever was announced', () => {
    assert(
      property(
        array(tuple(integer({ min: 0, max: 70_000 }), boolean()), { maxLength: 12 }),
        constantFrom('nothing', 'true', 'less', 'more'),
        (sizes, announced) => {
          const total = sizes.reduce((sum, [size]) => sum + size, 0);
          const sent = pattern(total);
          const announcedBytes = { nothing: 0, true: total, less: total >> 1, more: total * 2 };
          const body = createBodyBytes(announcedBytes[announced]);
          let offset = 0;
          for (const [size, isWhole] of sizes) {
            body.add(chunkOf(Buffer.from(sent.subarray(offset, offset + size)), isWhole));
            offset += size;
          }
          expect(body.takenBytes()).toBeGreaterThanOrEqual(total);
          expect(sent.equals(body.whole())).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('take up what is announced once a sixteenth is there, not before', () => {
    const body = createBodyBytes(64 * MIB);
    for (let sent = 0; sent < 3; sent += 1) body.add(Buffer.alloc(MIB));
    expect(body.takenBytes()).toBe(3 * MIB);
    body.add(Buffer.alloc(MIB));
    expect(body.takenBytes()).toBe(64 * MIB);
  });

  test('leave nothing of a chunk behind', () => {
    const body = createBodyBytes(2 * MIB);
    const chunks = [Buffer.alloc(MIB), Buffer.alloc(MIB)];
    for (const chunk of chunks) body.add(chunk);
    expect(chunks.map(({ length }) => length)).toEqual([0, 0]);
  });
});

describe('freed memory', () => {
  test('is empty for whoever still has a view of it, and may be freed again', () => {
    const body = Buffer.allocUnsafeSlow(100);
    const view = body.subarray(10, 20);
    freeMemory(body);
    freeMemory(body);
    expect([body.length, view.length]).toEqual([0, 0]);
  });

  test('is not that which is shared with others', () => {
    const [one, other] = [Buffer.from('one'), Buffer.from('other')];
    freeMemory(one);
    expect([one.toString(), other.toString()]).toEqual(['one', 'other']);
  });
});
