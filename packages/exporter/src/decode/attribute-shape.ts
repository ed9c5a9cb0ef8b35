import { isSame } from './short-texts.ts';

/** Shapes come from strangers: past this many, no new ones are kept. */
const MAX_SHAPES = 4096;
/** Longer keys and spans with more attributes are nobody's habit. */
const MAX_KEY_BYTES = 128;
const MAX_KEYS = 128;

/** Keys behind a shape that are compared with before a map is asked. */
const EARLY_KEYS = 6;

interface EarlyKey {
  readonly bytes: Uint8Array;
  readonly shape: AttributeShape;
}

/** Those that spans share, by their numbers. */
const known: AttributeShape[] = [];

/**
 * Which keys a span has, in which order. Spans of one kind have the same keys again and again: they share the shape, so
 * that keys are made once, and where a key stands is looked up once.
 */
export class AttributeShape {
  readonly keys: readonly string[];
  /** What the shape is known by; -1 for one that is a span's own. */
  readonly number: number;
  #places: Map<string, number> | undefined;
  /** The keys that came behind this shape first, and the shapes behind all keys that did. */
  readonly #early: EarlyKey[] = [];
  #children: Map<string, AttributeShape> | undefined;
  #distinct = -1;

  constructor(keys: readonly string[], number = -1) {
    this.keys = keys;
    this.number = number;
  }

  /**
   * The shape with one more key: the one in the bytes from `start` to `end`. `undefined` where it is one too many to be
   * kept; then the keys are the span's own.
   */
  with(bytes: Buffer, start: number, end: number): AttributeShape | undefined {
    const length = end - start;
    const early = this.#early;
    for (let index = 0; index < early.length; index += 1) {
      const key = early[index] as EarlyKey;
      if (key.bytes.length === length && isSame(key.bytes, bytes, start)) return key.shape;
    }
    return this.#look(bytes, start, end);
  }

  /** Where the key stands; the last one of equal keys; -1 where there is none. */
  placeOf(key: string): number {
    const places = this.places();
    return places.get(key) ?? -1;
  }

  /** Every key once, with the place of the last one of equal keys. */
  places(): ReadonlyMap<string, number> {
    this.#places ??= placesOf(this.keys);
    return this.#places;
  }

  /** How many different keys there are. */
  get size(): number {
    if (this.#distinct < 0) this.#distinct = this.places().size;
    return this.#distinct;
  }

  #look(bytes: Buffer, start: number, end: number): AttributeShape | undefined {
    if (end - start > MAX_KEY_BYTES) return undefined;
    const key = bytes.toString('utf8', start, end);
    let child = this.#children?.get(key);
    if (child === undefined) {
      if (known.length >= MAX_SHAPES || this.keys.length >= MAX_KEYS) return undefined;
      child = knownShape([...this.keys, shared(key)]);
      this.#children ??= new Map();
      this.#children.set(key, child);
    }
    if (this.#early.length < EARLY_KEYS) {
      this.#early.push({ bytes: Uint8Array.prototype.slice.call(bytes, start, end), shape: child });
    }
    return child;
  }
}

/** A span without attributes: where all others begin. */
export const NO_ATTRIBUTES: AttributeShape = knownShape([]);

/** The shape that has the number. */
export function shapeOf(number: number): AttributeShape {
  return known[number] ?? NO_ATTRIBUTES;
}

function knownShape(keys: readonly string[]): AttributeShape {
  const shape = new AttributeShape(keys, known.length);
  known.push(shape);
  return shape;
}

/** A name that the engine shares: comparing it with one in our sources compares addresses. */
function shared(text: string): string {
  const holder: Record<string, true> = Object.create(null) as Record<string, true>;
  holder[text] = true;
  for (const key in holder) return key;
  return text;
}

function placesOf(keys: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [index, key] of keys.entries()) places.set(key, index);
  return places;
}
