import { hash } from 'node:crypto';

/** What may be looked at of one value: characters of its texts and names, and 8 for each value in it. */
const MOST_WORK = 65_536;
const WORK_PER_VALUE = 8;
/** Texts above this length are digested outside of JavaScript, which is faster from about here on. */
const LONG_TEXT = 256;

/**
 * Two characters, of any kind: equal for values with the same canonical form (RFC 8785), whatever the order of their names, and as good as never for
 * others: for comparing calls of one run inside of one process. It is no digest, proves nothing and leaves nobody's
 * process; `@aftertrace/schema/canonical` has those, at ten times the cost, which every call would pay.
 *
 * `undefined`: not known, so like no other. That is said of what has no canonical form (cycles, BigInt, NaN, getters
 * that throw), of bytes, and of values of more than some 64 Ki characters: a part of a value says nothing about equality.
 */
export function fingerprintOf(value: unknown): string | undefined {
  try {
    const mixed = new Walk().value(value);
    return String.fromCharCode(mixed >>> 16, mixed & 0xffff);
  } catch {
    // Given up by the walk, too deep for the stack, or a getter of a stranger: the value is not known.
    return undefined;
  }
}

/** 32 bits are enough: a loop is several equal calls in a row, each with its arguments and its result. */
class Walk {
  #left = MOST_WORK;

  value(value: unknown): number {
    this.#pay(WORK_PER_VALUE);
    switch (typeof value) {
      case 'string':
        return this.#text(value, Seed.TEXT);
      case 'number':
        return numberHash(value);
      case 'boolean':
        return value ? Seed.TRUE : Seed.FALSE;
      case 'object':
        return value === null ? Seed.NULL : this.#object(value);
      case 'bigint':
        throw NOT_KNOWN;
      case 'undefined':
      case 'function':
      case 'symbol':
        return Seed.NULL;
    }
  }

  #object(value: object): number {
    if (ArrayBuffer.isView(value)) throw NOT_KNOWN;
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON === 'function') {
      return this.value(Reflect.apply(toJSON, value, ['']));
    }
    return Array.isArray(value) ? this.#list(value) : this.#members(value);
  }

  #list(list: readonly unknown[]): number {
    if (list.length * WORK_PER_VALUE > this.#left) throw NOT_KNOWN;
    let state: number = Seed.LIST;
    for (const item of list) state = mix(state, this.value(item));
    return state;
  }

  /** A sum over the members, so that their order does not matter. */
  #members(object: object): number {
    let sum: number = Seed.OBJECT;
    for (const name of Object.keys(object)) {
      const member = (object as Readonly<Record<string, unknown>>)[name];
      // As in JSON, such members are not there.
      if (member === undefined || typeof member === 'function' || typeof member === 'symbol') {
        continue;
      }
      sum = (sum + mix(this.#text(name, Seed.NAME), this.value(member))) | 0;
    }
    return mix(Seed.OBJECT, sum);
  }

  #text(text: string, seed: number): number {
    this.#pay(text.length);
    const isLong = text.length > LONG_TEXT;
    const digits = isLong ? hash('sha1', text, 'hex') : text;
    let state = isLong ? mix(seed, text.length) : seed;
    for (let index = 0; index < digits.length; index += 1) {
      state = Math.imul(state ^ digits.charCodeAt(index), FNV_PRIME);
    }
    return mix(state, text.length);
  }

  #pay(work: number): void {
    this.#left -= work;
    if (this.#left < 0) throw NOT_KNOWN;
  }
}

/** Thrown inside of this file only, without the cost of a stack. */
const NOT_KNOWN = Symbol('not known');

/** Keeps `1`, `"1"`, `[1]` and `{"1": …}` apart. */
const Seed = {
  TEXT: 0x11_9d_e1_f3,
  NAME: 0x34_4b_53_81,
  LIST: 0x2b_7c_4e_19,
  OBJECT: 0x47_5c_ee_2d,
  TRUE: 0x5f_35_6b_0d,
  FALSE: 0x6a_09_e6_67,
  NULL: 0x3c_6e_f3_72,
  NUMBER: 0x51_0e_52_7f,
} as const;

/** Of the hash of Fowler, Noll and Vo, version 1a. */
const FNV_PRIME = 0x01_00_01_93;

const DOUBLE = new Float64Array(1);
const HALVES = new Uint32Array(DOUBLE.buffer);

function numberHash(value: number): number {
  if (!Number.isFinite(value)) throw NOT_KNOWN;
  // -0 is 0 in JSON.
  DOUBLE[0] = value + 0;
  return mix(mix(Seed.NUMBER, HALVES[0] ?? 0), HALVES[1] ?? 0);
}

/** The last steps of MurmurHash3: every bit of both decides about every bit of the result. */
function mix(state: number, value: number): number {
  let mixed = Math.imul(state ^ Math.imul(value, 0xcc_9e_2d_51), 0x85_eb_ca_6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35);
  return mixed ^ (mixed >>> 16);
}
