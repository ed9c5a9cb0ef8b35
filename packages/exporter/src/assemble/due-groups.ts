import type { OpenGroup } from './open-group.ts';

/** A group, and when it was to be looked at when it was put in. */
interface Entry {
  readonly at: number;
  readonly group: OpenGroup;
}

/** Entries that may be left over before anybody minds. */
const MANY_LEFT = 1000;

function isValid({ at, group }: Entry): boolean {
  return group.dueAt === at && !group.forgotten;
}

/**
 * Groups by when they are to be looked at: who asks what is due goes over those that are, not over all that are open. A
 * heap; entries whose groups were put off or are gone stay in it until they come up, or until they are most of it.
 */
export class DueGroups {
  readonly #open: ReadonlySet<OpenGroup>;
  #heap: Entry[] = [];

  /** @param open the groups that are open, as they are at any time */
  constructor(open: ReadonlySet<OpenGroup>) {
    this.#open = open;
  }

  /** Entries, those that are left over among them. */
  get size(): number {
    return this.#heap.length;
  }

  /** Says when to look at the group; what was said before counts no more. */
  set(group: OpenGroup, at: number): void {
    if (group.dueAt === at) return;
    group.dueAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    if (this.#heap.length > 2 * this.#open.size + MANY_LEFT) this.#sweep();
    const heap = this.#heap;
    const entry = { at, group };
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = heap[above] as Entry;
      if (other.at <= at) break;
      heap[place] = other;
      place = above;
    }
    heap[place] = entry;
  }

  /** The groups that are due, in the order of their last news; they stay so until something else is said. */
  at(at: number): readonly OpenGroup[] {
    const heap = this.#heap;
    for (let first = heap[0]; first !== undefined && first.at <= at; first = heap[0]) {
      if (isValid(first)) break;
      this.#dropFirst();
    }
    const due = new Set<OpenGroup>();
    const places = [0];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const entry = heap[place];
      if (entry === undefined || entry.at > at) continue;
      if (isValid(entry)) due.add(entry.group);
      places.push(2 * place + 1, 2 * place + 2);
    }
    return [...due].sort((left, right) => left.newsOrder - right.newsOrder);
  }

  /** What is in order is a heap. */
  #sweep(): void {
    this.#heap = this.#heap.filter(isValid).sort((left, right) => left.at - right.at);
  }

  #dropFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && right.at < (heap[below] as Entry).at) below += 1;
      const next = heap[below] as Entry;
      if (next.at >= last.at) break;
      heap[place] = next;
      place = below;
    }
    heap[place] = last;
  }
}
