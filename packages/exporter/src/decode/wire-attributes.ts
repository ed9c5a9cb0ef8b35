import type { AttributeShape } from './attribute-shape.ts';
import { readAnyValue } from './protobuf-value.ts';
import { createRejections } from './rejections.ts';
import { createShortTexts, SHORT_BYTES } from './short-texts.ts';
import type { TelemetryValue } from './telemetry.ts';
import type { WireReader } from './wire-reader.ts';

/** A request, and where things are in it. */
interface Places {
  readonly reader: WireReader;
  readonly cells: Int32Array;
}

/**
 * The attributes of a span that still lie in the request's bytes: keys are known, a value is decoded when somebody asks
 * for it. Read like the `Map` that it stands for: the last of equal keys wins.
 *
 * Made for attributes that were checked before: a value that cannot be decoded is a bug, and throws.
 */
export class WireAttributes implements ReadonlyMap<string, TelemetryValue> {
  readonly #reader: WireReader;
  readonly #shape: AttributeShape;
  readonly #cells: Int32Array;
  /** From which cell on the places of the values are, one for each key. */
  readonly #from: number;
  #values: (TelemetryValue | undefined)[] | undefined;

  /** The places are as `WireReader.revisit` wants them; -1 for a key without a value. */
  constructor({ reader, cells }: Places, shape: AttributeShape, from: number) {
    this.#reader = reader;
    this.#shape = shape;
    this.#cells = cells;
    this.#from = from;
  }

  get size(): number {
    return this.#shape.size;
  }

  has(name: string): boolean {
    return this.#shape.placeOf(name) >= 0;
  }

  get(name: string): TelemetryValue | undefined {
    const place = this.#shape.placeOf(name);
    return place < 0 ? undefined : this.#valueAt(place);
  }

  /** The bytes of a text, in UTF-8, as they lie in the request; `undefined` where the value is no plain text. */
  textBytes(name: string): Buffer | undefined {
    const place = this.#shape.placeOf(name);
    const spot = place < 0 ? -1 : this.#spotOf(place);
    return spot < 0 ? undefined : plainText(this.#reader, spot);
  }

  forEach(
    callback: (
      value: TelemetryValue,
      key: string,
      map: ReadonlyMap<string, TelemetryValue>,
    ) => void,
  ): void {
    this.#shape.places().forEach((place, key) => callback(this.#valueAt(place), key, this));
  }

  /** Every value by its key, as an object that a stranger's keys cannot harm. */
  toRecord(): Record<string, TelemetryValue> {
    const { keys, size } = this.#shape;
    // The usual case: no key twice, and none that a plain object would take for its prototype.
    if (size !== keys.length || this.has('__proto__')) return Object.fromEntries(this);
    const record: Record<string, TelemetryValue> = {};
    for (let place = 0; place < size; place += 1)
      record[keys[place] as string] = this.#valueAt(place);
    return record;
  }

  *entries(): MapIterator<[string, TelemetryValue]> {
    for (const [key, place] of this.#shape.places()) yield [key, this.#valueAt(place)];
  }

  keys(): MapIterator<string> {
    return this.#shape.places().keys();
  }

  *values(): MapIterator<TelemetryValue> {
    for (const place of this.#shape.places().values()) yield this.#valueAt(place);
  }

  [Symbol.iterator](): MapIterator<[string, TelemetryValue]> {
    return this.entries();
  }

  #spotOf(place: number): number {
    return this.#cells[this.#from + place] as number;
  }

  #valueAt(place: number): TelemetryValue {
    this.#values ??= [];
    const known = this.#values[place];
    if (known !== undefined) return known;
    const spot = this.#spotOf(place);
    const value = spot < 0 ? null : decodeAt(this.#reader, spot);
    this.#values[place] = value;
    return value;
  }
}

const shortTexts = createShortTexts();

/** What has been said of the values was said when they were checked. */
const SAID_BEFORE = createRejections();

const ONE_BYTE = 0x80;
const STRING_VALUE = 0x0a;

/** The text where the value is one and nothing else. */
function plainText(reader: WireReader, spot: number): Buffer | undefined {
  reader.rewind(spot);
  reader.enter();
  if (!reader.more() || reader.tag() !== STRING_VALUE) return undefined;
  const start = reader.passBytes();
  return reader.more() ? undefined : reader.bytes.subarray(start, reader.position);
}

function decodeAt(reader: WireReader, spot: number): TelemetryValue {
  const { bytes } = reader;
  const length = bytes[spot] as number;
  // A short text and nothing else: what most attributes are.
  if (length < ONE_BYTE && bytes[spot + 1] === STRING_VALUE && bytes[spot + 2] === length - 2) {
    const start = spot + 3;
    const end = spot + 1 + length;
    return length - 2 <= SHORT_BYTES
      ? shortTexts.read(bytes, start, end)
      : bytes.toString('utf8', start, end);
  }
  reader.rewind(spot);
  return readAnyValue({ reader, rejections: SAID_BEFORE });
}
