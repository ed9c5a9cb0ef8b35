import { partition, type RunPart } from './partition.ts';
import { spanKey, type EventRecord, type SpanRecord } from './records.ts';
import { runDigest } from './run-digest.ts';
import {
  emptyGroup,
  mayEndRun,
  putEvent,
  putSpan,
  sizeOf,
  type ToldRun,
  type TraceGroup,
} from './trace-group.ts';

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
  readonly maxOpenBytes: number;
  readonly maxOpenGroups: number;
  readonly maxRecordsPerGroup: number;
}

/** Why a run is told now. */
export type ReadyReason = 'ended' | 'idle' | 'max_age' | 'closed' | 'evicted';

/** A run that is to be written, or written again. */
export interface ReadyRun {
  readonly part: RunPart;
  /** Over the identities of its spans and events. */
  readonly digest: string;
  readonly reason: ReadyReason;
  /** Runs told before that turned out to be parts of this one. */
  readonly absorbed: readonly ToldRun[];
  /** Records of its trace that were refused for lack of room. */
  readonly refused: number;
}

export interface AssemblerStats {
  readonly openGroups: number;
  readonly openRecords: number;
  /** Bytes of telemetry held, about. */
  readonly openBytes: number;
  /** Records that stood already. */
  readonly duplicates: number;
  /** Records for runs that were told and let go of. */
  readonly late: number;
  /** Groups that were told early, or forgotten, for lack of room. */
  readonly evicted: number;
  /** Records refused since their trace was too large. */
  readonly refused: number;
}

/** Gathers records into runs. Holds state, does no I/O, and has no clock of its own: times come with the calls. */
export interface Assembler {
  /** Takes a record; gives the runs that had to be told early to make room for it. */
  add(record: SpanRecord | EventRecord): readonly ReadyRun[];
  /** Runs that are complete at this time, or have waited long enough. Each is told once a revision. */
  due(at: number): readonly ReadyRun[];
  /** Every run that has something untold, complete or not. */
  closeAll(at: number): readonly ReadyRun[];
  stats(): AssemblerStats;
}

const CLOSED_TRACES_KEPT = 50_000;

export function createAssembler(limits: AssemblyLimits): Assembler {
  return new MemoryAssembler(limits);
}

class MemoryAssembler implements Assembler {
  readonly #limits: AssemblyLimits;
  /** In the order of their last news, oldest first. */
  readonly #groups = new Set<TraceGroup>();
  readonly #byTrace = new Map<string, TraceGroup>();
  readonly #byRun = new Map<string, TraceGroup>();
  readonly #closedTraces = new Set<string>();
  #openRecords = 0;
  #openBytes = 0;
  #duplicates = 0;
  #late = 0;
  #evicted = 0;
  #refused = 0;

  constructor(limits: AssemblyLimits) {
    this.#limits = limits;
  }

  add(record: SpanRecord | EventRecord): readonly ReadyRun[] {
    const traceId = 'log' in record ? record.log.traceId : record.span.traceId;
    const group = this.#groupFor(traceId, record.runId, record.arrivedAt);
    if (this.#isFull(group)) {
      this.#refused += 1;
      group.refused += 1;
      record.origin.settle();
      return [];
    }
    const spare = 'log' in record ? putEvent(group, record) : putSpan(group, record);
    this.#hold(record);
    if (spare !== undefined) {
      this.#drop(spare);
      this.#duplicates += 1;
      spare.origin.settle();
    }
    if (spare !== record) this.#touch(group, record);
    return this.#makeRoom(record.arrivedAt);
  }

  due(at: number): readonly ReadyRun[] {
    const ready: ReadyRun[] = [];
    for (const group of this.#groups) {
      if (group.dueAt <= at) ready.push(...this.#examine(group, at, undefined));
    }
    return ready;
  }

  closeAll(at: number): readonly ReadyRun[] {
    const ready: ReadyRun[] = [];
    for (const group of this.#groups) ready.push(...this.#examine(group, at, 'closed'));
    return ready;
  }

  stats(): AssemblerStats {
    return {
      openGroups: this.#groups.size,
      openRecords: this.#openRecords,
      openBytes: this.#openBytes,
      duplicates: this.#duplicates,
      late: this.#late,
      evicted: this.#evicted,
      refused: this.#refused,
    };
  }

  /** A trace that is too large by itself: making room for it would only tear it into pieces. */
  #isFull(group: TraceGroup): boolean {
    const { maxRecordsPerGroup, maxOpenBytes } = this.#limits;
    return (
      sizeOf(group) >= maxRecordsPerGroup ||
      (this.#groups.size === 1 && this.#openBytes > maxOpenBytes)
    );
  }

  #hold(record: SpanRecord | EventRecord): void {
    this.#openRecords += 1;
    this.#openBytes += record.bytes;
  }

  #drop(record: SpanRecord | EventRecord): void {
    this.#openRecords -= 1;
    this.#openBytes -= record.bytes;
  }

  #groupFor(traceId: string | undefined, runId: string | undefined, at: number): TraceGroup {
    const ofTrace = traceId === undefined ? undefined : this.#byTrace.get(traceId);
    const ofRun = runId === undefined ? undefined : this.#byRun.get(runId);
    let group = ofRun ?? ofTrace;
    if (group === undefined) {
      group = emptyGroup(at);
      this.#groups.add(group);
    } else if (ofRun !== undefined && ofTrace !== undefined && ofRun !== ofTrace) {
      group = this.#join(ofRun, ofTrace);
    }
    if (traceId !== undefined) {
      group.traceIds.add(traceId);
      this.#byTrace.set(traceId, group);
    }
    if (runId !== undefined) {
      group.runIds.add(runId);
      this.#byRun.set(runId, group);
    }
    return group;
  }

  /** Moves the smaller group into the larger. */
  #join(left: TraceGroup, right: TraceGroup): TraceGroup {
    const [into, from] = sizeOf(left) >= sizeOf(right) ? [left, right] : [right, left];
    for (const [key, record] of from.spans) into.spans.set(key, record);
    for (const [key, record] of from.events) into.events.set(key, record);
    for (const [key, told] of from.told) into.told.set(key, told);
    for (const traceId of from.traceIds) {
      into.traceIds.add(traceId);
      this.#byTrace.set(traceId, into);
    }
    for (const runId of from.runIds) {
      into.runIds.add(runId);
      this.#byRun.set(runId, into);
    }
    into.firstArrival = Math.min(into.firstArrival, from.firstArrival);
    into.lastArrival = Math.max(into.lastArrival, from.lastArrival);
    into.dueAt = Math.min(into.dueAt, from.dueAt);
    into.refused += from.refused;
    this.#groups.delete(from);
    return into;
  }

  #touch(group: TraceGroup, record: SpanRecord | EventRecord): void {
    group.lastArrival = Math.max(group.lastArrival, record.arrivedAt);
    const soon = mayEndRun(record) || group.told.size > 0;
    const wait = soon ? this.#limits.graceMillis : this.#limits.idleMillis;
    group.dueAt = Math.min(group.dueAt, record.arrivedAt + wait);
    this.#groups.delete(group);
    this.#groups.add(group);
  }

  #makeRoom(at: number): readonly ReadyRun[] {
    const ready: ReadyRun[] = [];
    const { maxOpenGroups, maxOpenBytes } = this.#limits;
    while (this.#groups.size > maxOpenGroups || this.#openBytes > maxOpenBytes) {
      const [oldest] = this.#groups;
      if (oldest === undefined || this.#groups.size === 1) break;
      this.#evicted += 1;
      ready.push(...this.#examine(oldest, at, 'evicted'));
      this.#forget(oldest);
    }
    return ready;
  }

  /** Tells what is ready in the group, says when to look again, and lets go of what nothing can follow. */
  #examine(
    group: TraceGroup,
    at: number,
    forced: 'closed' | 'evicted' | undefined,
  ): readonly ReadyRun[] {
    const parts = partition(group.spans, group.events.values());
    const absorbed = findAbsorbed(group, parts);
    const ready: ReadyRun[] = [];
    let next = Number.POSITIVE_INFINITY;
    let isPending = parts.length === 0 && forced === undefined;
    for (const part of parts) {
      const digest = runDigest(part);
      const told = group.told.get(part.key);
      if (told?.digest === digest) {
        next = Math.min(next, this.#keepOrRelease(group, part, told, at));
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
      group.told.set(part.key, now);
      next = Math.min(next, this.#keptUntil(now));
      const inside = absorbed.get(part.key) ?? [];
      for (const { key } of inside) group.told.delete(key);
      ready.push({ part, digest, reason, absorbed: inside, refused: group.refused });
    }
    // Once every run is told, no restart needs the spans that only connect runs.
    if (!isPending) settleStrays(group, parts);
    // Without any run left, what remains are spans that only a run still to come could use.
    group.dueAt =
      next === Number.POSITIVE_INFINITY ? group.lastArrival + this.#limits.idleMillis : next;
    if (group.dueAt <= at || sizeOf(group) === 0) this.#forget(group);
    return ready;
  }

  /** When a told run may be let go of; one that is still open is kept for as long as it may go on. */
  #keptUntil(told: ToldRun): number {
    return (
      told.toldAt + (told.complete ? this.#limits.lateWindowMillis : this.#limits.maxAgeMillis)
    );
  }

  #keepOrRelease(group: TraceGroup, part: RunPart, told: ToldRun, at: number): number {
    const until = this.#keptUntil(told);
    if (until > at) return until;
    this.#release(group, part);
    return Number.POSITIVE_INFINITY;
  }

  #release(group: TraceGroup, part: RunPart): void {
    for (const record of part.spans) {
      const { traceId, spanId } = record.span;
      if (group.spans.delete(spanKey(traceId, spanId))) this.#drop(record);
      record.origin.settle();
    }
    for (const event of part.events) {
      if (group.events.delete(event.identity)) this.#drop(event);
      event.origin.settle();
    }
    group.told.delete(part.key);
    this.#rememberClosed(part.traceId);
  }

  /** A span below a run that was told and let go of: without its root it would make a line of its own. */
  #isLateFragment(part: RunPart, told: ToldRun | undefined): boolean {
    return (
      told === undefined &&
      part.runId === undefined &&
      part.progress === 'open' &&
      this.#closedTraces.has(part.traceId)
    );
  }

  #readyAt(part: RunPart): { readonly at: number; readonly reason: ReadyReason } {
    const { graceMillis, orphanGraceMillis, idleMillis, maxAgeMillis } = this.#limits;
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const { arrivedAt } of [...part.spans, ...part.events]) {
      if (arrivedAt < first) first = arrivedAt;
      if (arrivedAt > last) last = arrivedAt;
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

  /**
   * Lets go of a group. Records of runs that were told are settled by whoever writes the runs; the rest, which no run
   * wants, here.
   */
  #forget(group: TraceGroup): void {
    settleStrays(group, partition(group.spans, group.events.values()));
    this.#groups.delete(group);
    for (const record of group.spans.values()) this.#drop(record);
    for (const record of group.events.values()) this.#drop(record);
    for (const traceId of group.traceIds) {
      if (this.#byTrace.get(traceId) === group) this.#byTrace.delete(traceId);
      if (group.told.size > 0) this.#rememberClosed(traceId);
    }
    for (const runId of group.runIds) {
      if (this.#byRun.get(runId) === group) this.#byRun.delete(runId);
    }
  }

  #rememberClosed(traceId: string): void {
    this.#closedTraces.delete(traceId);
    this.#closedTraces.add(traceId);
    if (this.#closedTraces.size > CLOSED_TRACES_KEPT) {
      const [oldest] = this.#closedTraces;
      if (oldest !== undefined) this.#closedTraces.delete(oldest);
    }
  }
}

/** Runs told before whose root is now inside another run, by the key of that run. */
function findAbsorbed(
  group: TraceGroup,
  parts: readonly RunPart[],
): ReadonlyMap<string, readonly ToldRun[]> {
  const keys = new Set(parts.map((part) => part.key));
  const gone = [...group.told].filter(([key]) => !keys.has(key));
  const absorbed = new Map<string, ToldRun[]>();
  if (gone.length === 0) return absorbed;
  const home = new Map<string, string>();
  for (const part of parts) {
    for (const { span } of part.spans) home.set(`${span.traceId}:${span.spanId}`, part.key);
  }
  for (const [, told] of gone) {
    const into = home.get(`${told.traceId}:${told.rootSpanId}`);
    if (into !== undefined) absorbed.set(into, [...(absorbed.get(into) ?? []), told]);
  }
  return absorbed;
}

function toldRun(part: RunPart, digest: string, toldAt: number): ToldRun {
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

/** Settles the records that are in no run. */
function settleStrays(group: TraceGroup, parts: readonly RunPart[]): void {
  const inRuns = new Set<SpanRecord | EventRecord>(
    parts.flatMap((part) => [...part.spans, ...part.events]),
  );
  for (const record of [...group.spans.values(), ...group.events.values()]) {
    if (!inRuns.has(record)) record.origin.settle();
  }
}
