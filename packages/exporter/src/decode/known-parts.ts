/** Longer ones are no names of a process, and hardly come twice. */
const MAX_BYTES = 4096;
const MAX_PARTS = 256;

/**
 * Parts of requests by their bytes: a process says in each of its requests what it is, and one object of it is enough
 * for all that are held. Keeps the hundreds that came lately, of a megabyte of bytes at most.
 */
export class KnownParts<Part> {
  /** Each byte as a character; the one that came longest ago first. */
  readonly #parts = new Map<string, Part>();

  /**
   * The part that stands in the bytes from `start` to `end`, which nobody may change: a known one, else what `read`
   * gives. That is not remembered where it `isPassing`.
   */
  of(
    bytes: Buffer,
    { start, end }: { readonly start: number; readonly end: number },
    read: () => { readonly part: Part; readonly isPassing: boolean },
  ): Part {
    if (end - start > MAX_BYTES) return read().part;
    const key = bytes.toString('latin1', start, end);
    const known = this.#parts.get(key);
    if (known !== undefined) {
      // To the end, behind all others.
      this.#parts.delete(key);
      this.#parts.set(key, known);
      return known;
    }
    const { part, isPassing } = read();
    if (!isPassing) this.#keep(key, part);
    return part;
  }

  #keep(key: string, part: Part): void {
    this.#parts.set(key, part);
    if (this.#parts.size <= MAX_PARTS) return;
    const [oldest] = this.#parts.keys();
    if (oldest !== undefined) this.#parts.delete(oldest);
  }
}
