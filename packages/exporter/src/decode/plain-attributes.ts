import type { AttributeShape } from './attribute-shape.ts';
import type { WireReader } from './wire-reader.ts';

/** The attributes of a span so far: their keys, and where their values are. */
export interface AttributePlaces {
  shape: AttributeShape;
  /** The places, as `WireReader.revisit` wants them; with room for as many as a shape may have keys. */
  readonly cells: Int32Array;
  /** Where the next one goes. */
  used: number;
}

const ATTRIBUTE = 0x4a;
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;

/**
 * Reads attributes for as long as they are what nearly all are: one key, then one text or number. Stops before the first
 * field that is anything else, or that is not as it should be: whoever reads that says what is wrong with it.
 */
export function readPlainAttributes(reader: WireReader, places: AttributePlaces): void {
  const { bytes, limit } = reader;
  let at = reader.position;
  let { shape, used } = places;
  const { cells } = places;
  while (at + 2 < limit && bytes[at] === ATTRIBUTE) {
    const length = lengthAt(bytes, at + 1);
    if (length < 0) break;
    const next = at + 1 + bytesOf(length);
    const end = next + length;
    const keyLength = bytes[next + 1] as number;
    if (end > limit || bytes[next] !== KEY || keyLength >= 0x80) break;
    const keyStart = next + 2;
    const keyEnd = keyStart + keyLength;
    if (keyEnd + 2 > end || bytes[keyEnd] !== VALUE) break;
    if (!isPlainValue(bytes, keyEnd + 1, end)) break;
    const wider = shape.with(bytes, keyStart, keyEnd);
    if (wider === undefined) break;
    shape = wider;
    cells[used] = keyEnd + 1;
    used += 1;
    at = end;
  }
  places.shape = shape;
  places.used = used;
  reader.skipTo(at);
}

/** Whether one text, number or boolean, and nothing else, stands from the value's length up to `end`. */
function isPlainValue(bytes: Buffer, at: number, end: number): boolean {
  const length = lengthAt(bytes, at);
  if (length < 2) return false;
  const start = at + bytesOf(length);
  if (start + length !== end) return false;
  switch (bytes[start]) {
    case STRING_VALUE: {
      const text = lengthAt(bytes, start + 1);
      return text >= 0 && start + 1 + bytesOf(text) + text === end;
    }
    case BOOL_VALUE:
    case INT_VALUE:
      return endsAt(bytes, start + 1, end);
    case DOUBLE_VALUE:
      return start + 9 === end;
    default:
      return false;
  }
}

/** A length of at most 4 bytes, in the fewest bytes that hold it; -1 for anything else. */
function lengthAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  let value = first & 0x7f;
  for (let index = 1; index < 4; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return -1;
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return byte === 0 ? -1 : value;
  }
  return -1;
}

function bytesOf(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  return length < 0x20_0000 ? 3 : 4;
}

/** Whether a varint of at most 10 bytes ends just before `end`. */
function endsAt(bytes: Buffer, at: number, end: number): boolean {
  if (end - at > 10) return false;
  for (let index = at; index < end - 1; index += 1) {
    if ((bytes[index] as number) < 0x80) return false;
  }
  return (bytes[end - 1] as number) < 0x80;
}
