import { expect, test } from 'vitest';

import { decodeTraces } from './decode.ts';
import { KnownParts } from './known-parts.ts';
import { SPAN_ID, TRACE_ID, value } from './testing/results.ts';
import { delimited, join } from './testing/wire-writer.ts';

const span = delimited(
  2,
  delimited(1, Buffer.from(TRACE_ID, 'hex')),
  delimited(2, Buffer.from(SPAN_ID, 'hex')),
);
const text = (key: string, of: string): Uint8Array =>
  delimited(1, delimited(1, key), delimited(2, delimited(1, of)));
const resource = (...attributes: readonly Uint8Array[]): Uint8Array => delimited(1, ...attributes);
const request = (...fields: readonly Uint8Array[]): Uint8Array =>
  delimited(1, ...fields, delimited(2, delimited(1, delimited(1, 'ai')), span));

function decoded(...fields: readonly Uint8Array[]) {
  const { spans, rejected } = value(decodeTraces(request(...fields), 'protobuf'));
  return { span: spans[0], reasons: rejected.reasons };
}

test('requests of one process share what they say of it', () => {
  const first = decoded(resource(text('service.name', 'shop')));
  const again = decoded(resource(text('service.name', 'shop')));
  const other = decoded(resource(text('service.name', 'shoq')));
  expect(again.span?.resource).toBe(first.span?.resource);
  expect(again.span?.scope).toBe(first.span?.scope);
  expect(first.span?.scope).toEqual({ name: 'ai', version: '' });
  expect(other.span?.resource.attributes).toEqual(new Map([['service.name', 'shoq']]));
});

test('a resource that comes in two pieces is merged, and its pieces stay as they are', () => {
  const pieces = [resource(text('a', '1'), text('b', '1')), resource(text('b', '2'))] as const;
  const whole = new Map([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect(decoded(...pieces).span?.resource.attributes).toEqual(whole);
  expect(decoded(pieces[0]).span?.resource.attributes.get('b')).toBe('1');
  expect(decoded(...pieces).span?.resource.attributes).toEqual(whole);
});

test('what is left out of a resource is told in each request', () => {
  let deep = delimited(1, 'x');
  for (let depth = 0; depth < 70; depth += 1) deep = delimited(5, delimited(1, deep));
  const body = resource(delimited(1, delimited(1, 'k'), delimited(2, deep)));
  for (const _ of [1, 2]) {
    expect(decoded(body).reasons).toEqual([
      'values nested deeper than 64 levels were replaced by null',
    ]);
  }
});

test('long parts are read each time, and of short ones the latest are remembered', () => {
  const known = new KnownParts<number>();
  let reads = 0;
  const read = (content: string): number => {
    const bytes = Buffer.from(join(Buffer.from(content)));
    return known.of(bytes, { start: 0, end: bytes.length }, () => ({
      part: (reads += 1),
      isPassing: false,
    }));
  };
  expect([read('a'), read('a')]).toEqual([1, 1]);
  for (let each = 0; each < 255; each += 1) read(`other ${each}`);
  expect(read('a')).toBe(1);
  for (let each = 0; each < 256; each += 1) read(`new ${each}`);
  expect(read('a')).toBe(reads);
  const long = 'x'.repeat(4097);
  expect(read(long)).not.toBe(read(long));
});
