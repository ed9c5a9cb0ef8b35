/** Which keys may have been forgotten, in bounded memory: never "no" for one of the last that were, now and then "yes" for another. */
export interface ForgottenKeys {
  /** @param atMillis By whatever clock; default 0. */
  add(key: string, atMillis?: number): void;
  /** @param afterMillis Only those that may have been added after this time; default: all. */
  mayHave(key: string, afterMillis?: number): boolean;
}

/** What it works with. */
export interface ForgottenKeysOptions {
  /** At least so many of the last keys are known, at most twice as many. */
  readonly capacity: number;
  /** Two 32-bit numbers that nobody else knows: who chooses keys must not be able to choose which of them meet. */
  readonly seeds: readonly [number, number];
}

/** With four bits a key in sixteen, 0.24 % of other keys are taken for forgotten, of each of two halves. */
const BITS_PER_KEY = 16;
const BITS_SET = 4;

/**
 * Two Bloom filters, of which the older is let go when the newer is full. Memory is taken when the first key is added: two
 * bytes a key of `capacity`, twice.
 */
export function createForgottenKeys({ capacity, seeds }: ForgottenKeysOptions): ForgottenKeys {
  const bits = capacity * BITS_PER_KEY;
  let newer: Filter | undefined;
  let older: Filter | undefined;
  let count = 0;
  return {
    add: (key, atMillis = 0) => {
      if (count >= capacity) [older, newer, count] = [newer, undefined, 0];
      newer ??= { bits: new Uint8Array(Math.ceil(bits / 8)), latestMillis: atMillis };
      for (const bit of bitsOf(key, bits, seeds)) {
        newer.bits[bit >>> 3] = (newer.bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
      }
      newer.latestMillis = Math.max(newer.latestMillis, atMillis);
      count += 1;
    },
    mayHave: (key, afterMillis = Number.NEGATIVE_INFINITY) => {
      if (newer === undefined) return false;
      const asked = bitsOf(key, bits, seeds);
      return [newer, older].some(
        (filter) =>
          filter !== undefined &&
          filter.latestMillis > afterMillis &&
          asked.every((bit) => isSet(filter.bits, bit)),
      );
    },
  };
}

interface Filter {
  readonly bits: Uint8Array;
  /** When a key was added to it last. */
  latestMillis: number;
}

function isSet(filter: Uint8Array, bit: number): boolean {
  return ((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}

/** Double hashing (Kirsch and Mitzenmacher, 2006): as good as so many functions of their own. */
function bitsOf(
  key: string,
  bits: number,
  [first, second]: ForgottenKeysOptions['seeds'],
): readonly number[] {
  const one = hashOf(key, first);
  const two = hashOf(key, second) | 1;
  return Array.from({ length: BITS_SET }, (_, index) => ((one + index * two) >>> 0) % bits);
}

/** FNV-1a over UTF-16 units from a seed, with the finish of MurmurHash3. */
function hashOf(key: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
