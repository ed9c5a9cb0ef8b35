const SLOTS = 4096;

interface KnownId {
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
  readonly text: string;
}

/** Trace ids as texts, each made once while its spans come: those of a trace come close together. */
export interface TraceIds {
  /** The 16 bytes from `at` on as 32 hexadecimal digits. */
  read(bytes: Buffer, at: number): string;
}

/** The latest of those that share a slot stays. */
export function createTraceIds(): TraceIds {
  const slots: (KnownId | undefined)[] = Array.from({ length: SLOTS });
  return {
    read(bytes, at) {
      const first = bytes.readInt32LE(at);
      const second = bytes.readInt32LE(at + 4);
      const third = bytes.readInt32LE(at + 8);
      const fourth = bytes.readInt32LE(at + 12);
      // Time and counters may stand at either end of an id.
      const slot = Math.imul(first ^ second ^ third ^ fourth, 0x9e37_79b1) >>> 20;
      const known = slots[slot];
      if (
        known !== undefined &&
        known.fourth === fourth &&
        known.third === third &&
        known.second === second &&
        known.first === first
      ) {
        return known.text;
      }
      const text = bytes.toString('hex', at, at + 16);
      slots[slot] = { first, second, third, fourth, text };
      return text;
    },
  };
}
