import type { OpenGroup } from './open-group.ts';

/** Groups of which everything is told, oldest first: what they hold is for late spans only. */
export class ToldGroups {
  readonly #bytesOf = new Map<OpenGroup, number>();
  #bytes = 0;

  /** Bytes of telemetry that they hold. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#bytesOf.size;
  }

  add(group: OpenGroup): void {
    if (this.#bytesOf.has(group)) return;
    this.#bytesOf.set(group, group.bytes);
    this.#bytes += group.bytes;
  }

  delete(group: OpenGroup): void {
    const bytes = this.#bytesOf.get(group);
    if (bytes === undefined) return;
    this.#bytesOf.delete(group);
    this.#bytes -= bytes;
  }

  /** The groups as they are now; they may be deleted meanwhile. */
  [Symbol.iterator](): Iterator<OpenGroup> {
    return this.#bytesOf.keys();
  }
}
