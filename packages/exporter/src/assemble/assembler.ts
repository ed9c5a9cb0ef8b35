import { DueGroups } from './due-groups.ts';
import { findAbsorbed } from './find-absorbed.ts';
import { GroupIndex, type ArrivedSpan } from './group-index.ts';
import type { HeldRequest, Requests } from './held-request.ts';
import { mayEndRun, sizeOf, toldOf, type OpenGroup, type ToldRun } from './open-group.ts';
import { partition, type RunOf } from './partition.ts';
import type { EventRecord } from './records.ts';
import { runDigest } from './run-digest.ts';
import { namesParent } from './placed-span.ts';
import { SessionPrompts } from './session-prompts.ts';
import type { StoredSpan } from './stored-span.ts';
import { ToldGroups } from './told-groups.ts';

/** How long to wait and how much to hold. Every time is in milliseconds of our own clock. */
export interface AssemblyLimits {
  /** After the end of the topmost span, for what is still on its way. */
  readonly graceMillis: number;
  /** Where a parent is missing, or a sampled run ended without its spans. */
  readonly orphanGraceMillis: number;
  /** Without any news the run counts as abandoned. */
  readonly idleMillis: number;
  /** From the first news; then the run is told as it is. */
  readonly maxAgeMillis: number;
  /** After a run was told, for spans that make a new revision of it. */
  readonly lateWindowMillis: number;
  /** What told runs may hold within the window, in bytes of telemetry; beyond it the oldest are let go of. */
  readonly lateBytes: number;
  /** What events may hold: of spans only the place is held, of events all they say. */
  readonly memoryBytes: number;
  readonly maxOpenBytes: number;
  readonly maxOpenGroups: number;
  readonly maxOpenSpans: number;
  readonly maxRecordsPerGroup: number;
}

/** Why a run is told now. */
export type ReadyReason = 'ended' | 'idle' | 'max_age' | 'closed' | 'evicted';

/** A run that is to be written, or written again. */
export interface ReadyRun {
  readonly part: RunOf<StoredSpan>;
  /** Over the identities of its spans and events. */
  readonly digest: string;
  readonly reason: ReadyReason;
  /** Runs told before that turned out to be parts of this one. */
  readonly absorbed: readonly ToldRun[];
  /** Records of its trace that were refused for lack of room. */
  readonly refused: number;
  /** To be called when the run is written, or decided otherwise: until then its spans stay. */
  readonly settle: () => void;
}

export interface AssemblerStats {
  readonly openGroups: number;
  /** Of these, groups of which everything is told: they are kept for late spans, and are the first to go. */
  readonly toldGroups: number;
  readonly openRecords: number;
  /** Bytes of telemetry of open runs, in memory or on disk. */
  readonly openBytes: number;
  /** Records that stood already. */
  readonly duplicates: number;
  /** Records for runs that were told and let go of. */
  readonly late: number;
  /** Groups that were told early for lack of room. */
  readonly evicted: number;
  /** Records refused since their trace was too large. */
  readonly refused: number;
}

/**
 * Gathers spans and events into runs. Of a span it holds where it is and what its place among others is, never its
 * content. Does no I/O and has no clock of its own: times come with the calls.
 */
export interface Assembler {
  /** Takes a span of a request; gives the runs that had to be told early to make room for it. */
  addSpan(span: ArrivedSpan, request: HeldRequest): readonly ReadyRun[];
  addEvent(event: EventRecord): readonly ReadyRun[];
  /** Runs that are complete at this time, or have waited long enough. Each is told once a revision. */
  due(at: number): readonly ReadyRun[];
  /** The same trace by trace, as it is asked for the next: others may go on in between. */
  dueInTurn(at: number): Iterable<readonly ReadyRun[]>;
  /** Every run that has something untold, complete or not. */
  closeAll(at: number): readonly ReadyRun[];
  /** Lets go of what was told and only waits for late spans. */
  forgetTold(): void;
  stats(): AssemblerStats;
}

const CLOSED_TRACES_KEPT = 50_000;
const NONE: readonly ReadyRun[] = [];

export function createAssembler(limits: AssemblyLimits, requests: Requests): Assembler {
  return new IndexAssembler(limits, requests);
}

class IndexAssembler implements Assembler {
  readonly #limits: AssemblyLimits;
  readonly #index: GroupIndex;
  readonly #due: DueGroups;
  readonly #told = new ToldGroups();
  readonly #prompts = new SessionPrompts();
  readonly #closedTraces = new Set<string>();
  #duplicates = 0;
  #late = 0;
  #evicted = 0;
  #refused = 0;

  constructor(limits: AssemblyLimits, requests: Requests) {
    this.#limits = limits;
    this.#index = new GroupIndex(requests, (group, into) => {
      this.#told.delete(group);
      this.#lookBy(into, group.dueAt);
    });
    this.#due = new DueGroups(this.#index.groups);
  }

  addSpan(span: ArrivedSpan, request: HeldRequest): readonly ReadyRun[] {
    const at = request.arrivedAt;
    const group = this.#index.groupFor(span.traceId, span.runId, at);
    if (this.#refuses(group)) return NONE;
    this.#index.addSpan(group, span, request);
    this.#touch(group, at, span.role === 'agent' || !span.hasParent);
    return this.#makeRoom(at);
  }

  addEvent(event: EventRecord): readonly ReadyRun[] {
    const group = this.#index.groupFor(event.log.traceId, event.runId, event.arrivedAt);
    const isKnown = group.events.has(event.identity);
    if (isKnown) this.#duplicates += 1;
    if (isKnown || this.#refuses(group)) {
      event.origin.settle();
      return NONE;
    }
    this.#index.addEvent(group, event);
    this.#touch(group, event.arrivedAt, mayEndRun(event));
    if (event.view?.role === 'prompt') this.#endRunBefore(event);
    return this.#makeRoom(event.arrivedAt);
  }

  due(at: number): readonly ReadyRun[] {
    return [...this.dueInTurn(at)].flat();
  }

  *dueInTurn(at: number): Generator<readonly ReadyRun[]> {
    for (const group of this.#due.at(at)) {
      // Others may have looked at it, or let go of it, since it was asked for.
      if (group.dueAt <= at && !group.forgotten) yield this.#examine(group, at, undefined);
    }
  }

  closeAll(at: number): readonly ReadyRun[] {
    const ready: ReadyRun[] = [];
    for (const group of this.#index.groups) ready.push(...this.#examine(group, at, 'closed'));
    return ready;
  }

  forgetTold(): void {
    for (const group of this.#told) this.#forget(group);
  }

  stats(): AssemblerStats {
    return {
      openGroups: this.#index.groups.size,
      toldGroups: this.#told.size,
      openRecords: this.#index.spans + this.#index.events,
      openBytes: this.#index.bytes,
      duplicates: this.#duplicates,
      late: this.#late,
      evicted: this.#evicted,
      refused: this.#refused,
    };
  }

  /** A trace that is too large by itself: making room for it would only tear it into pieces. */
  #refuses(group: OpenGroup): boolean {
    const { maxRecordsPerGroup, maxOpenBytes } = this.#limits;
    const isFull =
      sizeOf(group) >= maxRecordsPerGroup ||
      (this.#index.groups.size === 1 && this.#index.bytes > maxOpenBytes);
    if (isFull) {
      this.#refused += 1;
      group.refused += 1;
    }
    return isFull;
  }

  #touch(group: OpenGroup, at: number, mayEnd: boolean): void {
    this.#told.delete(group);
    const soon = mayEnd || group.told.size > 0;
    const wait = soon ? this.#limits.graceMillis : this.#limits.idleMillis;
    this.#lookBy(group, at + wait);
    this.#index.touch(group, at);
  }

  /** Looks soon at the run that the prompt put an end to. */
  #endRunBefore(prompt: EventRecord): void {
    const over = this.#prompts.endedBy(prompt);
    const group = over === undefined ? undefined : this.#index.groupOfRun(over);
    if (over === undefined || group === undefined) return;
    (group.overRuns ??= new Set()).add(over);
    this.#lookBy(group, prompt.arrivedAt + this.#limits.graceMillis);
  }

  #lookBy(group: OpenGroup, at: number): void {
    this.#due.set(group, Math.min(group.dueAt, at));
  }

  #makeRoom(at: number): readonly ReadyRun[] {
    if (this.#told.bytes > this.#limits.lateBytes) this.#forgetOldestTold();
    if (!this.#isCrowded()) return NONE;
    for (const group of this.#told) {
      this.#forget(group);
      if (!this.#isCrowded()) return NONE;
    }
    const ready: ReadyRun[] = [];
    for (const oldest of this.#index.groups) {
      if (!this.#isCrowded() || this.#index.groups.size === 1) break;
      this.#evicted += 1;
      ready.push(...this.#examine(oldest, at, 'evicted'));
      this.#forget(oldest);
    }
    return ready;
  }

  #isCrowded(): boolean {
    const { maxOpenGroups, maxOpenBytes, maxOpenSpans, memoryBytes } = this.#limits;
    const { groups, staying } = this.#index;
    return (
      groups.size > maxOpenGroups ||
      staying.bytes > maxOpenBytes ||
      staying.spans > maxOpenSpans ||
      staying.eventBytes > memoryBytes
    );
  }

  #forgetOldestTold(): void {
    for (const group of this.#told) {
      if (this.#told.bytes <= this.#limits.lateBytes) return;
      this.#forget(group);
    }
  }

  /** Tells what is ready in the group, says when to look again, and lets go of what nothing can follow. */
  #examine(
    group: OpenGroup,
    at: number,
    forced: 'closed' | 'evicted' | undefined,
  ): readonly ReadyRun[] {
    const { spans, duplicates } = this.#index.spansOf(group);
    this.#duplicates += duplicates;
    const parts = partition(spans, group.events.values(), group.overRuns);
    const absorbed = findAbsorbed(group, parts);
    const ready: ReadyRun[] = [];
    let next = Number.POSITIVE_INFINITY;
    let isPending = false;
    for (const part of parts) {
      const digest = runDigest(part);
      const told = group.told.get(part.key);
      if (told?.digest === digest) {
        const until = this.#keptUntil(told);
        if (until > at || group.pending > 0) next = Math.min(next, Math.max(until, at + 1));
        else this.#release(group, part);
        continue;
      }
      if (this.#isLateFragment(part, told)) {
        this.#late += part.spans.length;
        this.#release(group, part);
        continue;
      }
      const when = this.#readyAt(part);
      const reason = forced ?? (when.at <= at ? when.reason : undefined);
      if (reason === undefined) {
        next = Math.min(next, when.at);
        isPending = true;
        continue;
      }
      const now = toldRun(part, digest, at);
      toldOf(group).set(part.key, now);
      next = Math.min(next, this.#keptUntil(now));
      const inside = absorbed.get(part.key) ?? [];
      for (const { key } of inside) toldOf(group).delete(key);
      const settle = this.#index.pend(group, part.spans);
      ready.push({ part, digest, reason, absorbed: inside, refused: group.refused, settle });
    }
    if (parts.length === 0 && group.spans > 0) {
      next = forced === undefined ? group.lastArrival + this.#strayWait(spans.spans) : at;
    } else if (!isPending && group.told.size > 0) this.#told.add(group);
    const { idleMillis } = this.#limits;
    this.#due.set(group, next === Number.POSITIVE_INFINITY ? group.lastArrival + idleMillis : next);
    if (group.dueAt <= at || sizeOf(group) === 0) this.#forget(group);
    return ready;
  }

  /** Spans that only a run still to come could use: the run of a trace that has ended comes soon or never. */
  #strayWait(spans: readonly StoredSpan[]): number {
    const { orphanGraceMillis, idleMillis } = this.#limits;
    return spans.every(namesParent) ? idleMillis : Math.min(orphanGraceMillis, idleMillis);
  }

  /** When a told run may be let go of; one that is still open is kept for as long as it may go on. */
  #keptUntil(told: ToldRun): number {
    return (
      told.toldAt + (told.complete ? this.#limits.lateWindowMillis : this.#limits.maxAgeMillis)
    );
  }

  #release(group: OpenGroup, part: RunOf<StoredSpan>): void {
    this.#index.dropSpans(group, part.spans);
    for (const event of part.events) this.#index.dropEvent(group, event);
    toldOf(group).delete(part.key);
    this.#rememberClosed(part.traceId);
  }

  /** A span below a run that was told and let go of: without its root it would make a line of its own. */
  #isLateFragment(part: RunOf<StoredSpan>, told: ToldRun | undefined): boolean {
    return (
      told === undefined &&
      part.runId === undefined &&
      part.progress === 'open' &&
      this.#closedTraces.has(part.traceId)
    );
  }

  #readyAt(part: RunOf<StoredSpan>): { readonly at: number; readonly reason: ReadyReason } {
    const { graceMillis, orphanGraceMillis, idleMillis, maxAgeMillis } = this.#limits;
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const { request } of part.spans) {
      first = Math.min(first, request.arrivedAt);
      last = Math.max(last, request.arrivedAt);
    }
    for (const { arrivedAt } of part.events) {
      first = Math.min(first, arrivedAt);
      last = Math.max(last, arrivedAt);
    }
    switch (part.progress) {
      case 'ended':
        return { at: last + graceMillis, reason: 'ended' };
      case 'ended_awaiting_spans':
        return { at: last + orphanGraceMillis, reason: 'ended' };
      case 'open':
        return first + maxAgeMillis < last + idleMillis
          ? { at: first + maxAgeMillis, reason: 'max_age' }
          : { at: last + idleMillis, reason: 'idle' };
    }
  }

  #forget(group: OpenGroup): void {
    this.#told.delete(group);
    if (group.told.size > 0) {
      for (const traceId of group.traceIds) this.#rememberClosed(traceId);
    }
    this.#index.forget(group);
  }

  #rememberClosed(traceId: string): void {
    this.#closedTraces.delete(traceId);
    this.#closedTraces.add(traceId);
    if (this.#closedTraces.size <= CLOSED_TRACES_KEPT) return;
    for (const oldest of this.#closedTraces) {
      this.#closedTraces.delete(oldest);
      break;
    }
  }
}

function toldRun(part: RunOf<StoredSpan>, digest: string, toldAt: number): ToldRun {
  return {
    key: part.key,
    traceId: part.traceId,
    rootSpanId: part.rootSpanId,
    runId: part.runId,
    digest,
    complete: part.progress !== 'open',
    toldAt,
  };
}
