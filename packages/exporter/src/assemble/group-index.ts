import type { ToolOutcome } from '@aftertrace/schema';

import type { SpanRole } from '../decode/dialects/span-view.ts';
import type { HeldRequest, Requests } from './held-request.ts';
import { emptyGroup, eventsOf, sizeOf, toldOf, type OpenGroup } from './open-group.ts';
import { compareWords } from './placed-span.ts';
import type { EventRecord } from './records.ts';
import { OWN_OUTCOME, SpanOutcomes } from './span-outcomes.ts';
import { SpanSet } from './span-set.ts';
import { NO_ROW, SpanTable, type RowSource } from './span-table.ts';
import { StoredSpan } from './stored-span.ts';

/** What the index must know of a span that arrived. */
export interface ArrivedSpan {
  /** Its ids and times, and where it lies in the request. */
  readonly source: RowSource;
  readonly traceId: string;
  readonly runId: string | undefined;
  readonly hasParent: boolean;
  readonly length: number;
  /** Place of its envelope in the request. */
  readonly envelope: number;
  readonly role: SpanRole;
  readonly statesOutcome: boolean;
  readonly attributes: number;
  readonly outcome: ToolOutcome | undefined;
}

/**
 * The groups of open runs, and what is known of their spans without reading them. Knows nothing of time: who is told
 * when is the assembler's.
 */
export class GroupIndex {
  readonly #requests: Requests;
  readonly #table = new SpanTable();
  /** The spans of the group that was looked at last. */
  readonly #spans = new SpanSet<StoredSpan>();
  readonly #outcomes = new SpanOutcomes();
  /** In the order of their last news, oldest first. */
  readonly #groups = new Set<OpenGroup>();
  readonly #byTrace = new Map<string, OpenGroup>();
  readonly #byRun = new Map<string, OpenGroup>();
  /** Groups that went into another while a run of theirs was being written. */
  readonly #joined = new WeakMap<OpenGroup, OpenGroup>();
  /** Told of a group that goes into another one, while it still has what it had. */
  readonly #onJoined: (group: OpenGroup, into: OpenGroup) => void;
  /** Groups that were put behind all others so far. */
  #news = 0;
  #events = 0;
  #bytes = 0;
  #eventBytes = 0;
  /** Of groups that are forgotten, and still being written: it goes by itself. */
  readonly #leaving = { spans: 0, bytes: 0, eventBytes: 0 };

  constructor(requests: Requests, onJoined: (group: OpenGroup, into: OpenGroup) => void) {
    this.#requests = requests;
    this.#onJoined = onJoined;
  }

  /** In the order of their last news, oldest first. */
  get groups(): ReadonlySet<OpenGroup> {
    return this.#groups;
  }

  /** Spans held. */
  get spans(): number {
    return this.#table.used;
  }

  /** Events held. */
  get events(): number {
    return this.#events;
  }

  /** Bytes of telemetry held, in memory or on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What would be held if all runs that were given out were written: room is made by this. */
  get staying(): {
    readonly spans: number;
    readonly bytes: number;
    /** Events are held in memory. */
    readonly eventBytes: number;
  } {
    const { spans, bytes, eventBytes } = this.#leaving;
    return {
      spans: this.#table.used - spans,
      bytes: this.#bytes - bytes,
      eventBytes: this.#eventBytes - eventBytes,
    };
  }

  /** The group of a trace or a run, which is made where there is none; two become one where a run spans them. */
  groupFor(traceId: string | undefined, runId: string | undefined, at: number): OpenGroup {
    const ofTrace = traceId === undefined ? undefined : this.#byTrace.get(traceId);
    const ofRun = runId === undefined ? undefined : this.#byRun.get(runId);
    let group = ofRun ?? ofTrace;
    if (group === undefined) {
      group = emptyGroup(at);
      this.#putLast(group);
    } else if (ofRun !== undefined && ofTrace !== undefined && ofRun !== ofTrace) {
      group = this.#join(ofRun, ofTrace);
    }
    if (traceId !== undefined && ofTrace !== group) {
      group.traceIds.placeOf(traceId);
      this.#byTrace.set(traceId, group);
    }
    if (runId !== undefined && ofRun !== group) {
      group.runIds.placeOf(runId);
      this.#byRun.set(runId, group);
    }
    return group;
  }

  /** The group that knows the run. */
  groupOfRun(runId: string): OpenGroup | undefined {
    return this.#byRun.get(runId);
  }

  addSpan(group: OpenGroup, span: ArrivedSpan, request: HeldRequest): void {
    request.open += 1;
    request.untold += 1;
    const outcome = this.#outcomes.take(span.outcome);
    const row = this.#table.add(span.source, {
      request: request.number,
      envelope: span.envelope,
      trace: group.traceIds.placeOf(span.traceId),
      run: span.runId === undefined ? 0 : group.runIds.placeOf(span.runId) + 1,
      next: group.firstRow,
      role: span.role,
      statesOutcome: span.statesOutcome,
      outcome,
      attributes: span.attributes,
    });
    if (outcome === OWN_OUTCOME && span.outcome !== undefined) {
      this.#outcomes.keep(row, span.outcome);
    }
    group.firstRow = row;
    group.spans += 1;
    this.#hold(group, span.length);
  }

  addEvent(group: OpenGroup, event: EventRecord): void {
    eventsOf(group).set(event.identity, event);
    this.#events += 1;
    this.#eventBytes += event.bytes;
    group.eventBytes += event.bytes;
    this.#hold(group, event.bytes);
  }

  /** Puts the group behind all others. */
  touch(group: OpenGroup, at: number): void {
    group.lastArrival = Math.max(group.lastArrival, at);
    if (group.touchedAt === at) return;
    group.touchedAt = at;
    this.#groups.delete(group);
    this.#putLast(group);
  }

  /**
   * The group's spans, each once, in the order of their arrival. Of two with one id the one that ended later stays,
   * since a span can come before its end; the other goes. The set is good until it is asked for again.
   */
  spansOf(group: OpenGroup): {
    readonly spans: SpanSet<StoredSpan>;
    readonly duplicates: number;
  } {
    const rows: number[] = [];
    for (let row = group.firstRow; row !== NO_ROW; row = this.#table.next(row)) rows.push(row);
    const spans = this.#spans;
    spans.clear(rows.length);
    const spare: StoredSpan[] = [];
    for (let row = rows.pop(); row !== undefined; row = rows.pop()) {
      const span = this.#spanAt(group, row);
      const known = spans.add(span);
      if (known === undefined) continue;
      const isNewer = replaces(span, known);
      if (isNewer) spans.replace(known, span);
      spare.push(isNewer ? known : span);
    }
    // While a run is being written its spans must stay.
    if (spare.length === 0 || group.pending > 0) return { spans, duplicates: 0 };
    this.dropSpans(group, spare);
    return { spans, duplicates: spare.length };
  }

  dropSpans(group: OpenGroup, spans: readonly StoredSpan[]): void {
    const gone = new Set(spans.map((span) => span.row));
    let before = NO_ROW;
    for (let row = group.firstRow; row !== NO_ROW;) {
      const next = this.#table.next(row);
      if (!gone.has(row)) before = row;
      else {
        if (before === NO_ROW) group.firstRow = next;
        else this.#table.setNext(before, next);
        this.#freeRow(group, row);
      }
      row = next;
    }
  }

  dropEvent(group: OpenGroup, event: EventRecord): void {
    if (!eventsOf(group).delete(event.identity)) return;
    this.#events -= 1;
    this.#eventBytes -= event.bytes;
    group.eventBytes -= event.bytes;
    this.#letGo(group, event.bytes);
    event.origin.settle();
  }

  /** A run of the group, of these spans, is being written: they stay until the answer is called. */
  pend(group: OpenGroup, spans: readonly StoredSpan[]): () => void {
    group.pending += 1;
    let settled = false;
    return () => {
      if (settled) return;
      settled = true;
      for (const { row, request } of spans) this.#tell(row, request);
      const holder = this.#nowIn(group);
      holder.pending -= 1;
      if (!holder.forgotten || holder.pending > 0) return;
      this.#leave(holder, -1);
      this.#free(holder);
    };
  }

  /** Lets go of a group: of its names now, of its telemetry when nothing of it is being written. */
  forget(group: OpenGroup): void {
    if (group.forgotten) return;
    group.forgotten = true;
    this.#groups.delete(group);
    for (const traceId of group.traceIds) {
      if (this.#byTrace.get(traceId) === group) this.#byTrace.delete(traceId);
    }
    for (const runId of group.runIds) {
      if (this.#byRun.get(runId) === group) this.#byRun.delete(runId);
    }
    if (group.pending === 0) this.#free(group);
    else this.#leave(group, 1);
  }

  #putLast(group: OpenGroup): void {
    this.#news += 1;
    group.newsOrder = this.#news;
    this.#groups.add(group);
  }

  #leave({ spans, bytes, eventBytes }: OpenGroup, sign: 1 | -1): void {
    this.#leaving.spans += sign * spans;
    this.#leaving.bytes += sign * bytes;
    this.#leaving.eventBytes += sign * eventBytes;
  }

  /** Moves the smaller group into the larger. */
  #join(left: OpenGroup, right: OpenGroup): OpenGroup {
    const [into, from] = sizeOf(left) >= sizeOf(right) ? [left, right] : [right, left];
    const [traces, runs] = [into.traceIds.length, into.runIds.length];
    into.traceIds.append(from.traceIds);
    into.runIds.append(from.runIds);
    for (const traceId of from.traceIds) this.#byTrace.set(traceId, into);
    for (const runId of from.runIds) this.#byRun.set(runId, into);
    for (let row = from.firstRow; row !== NO_ROW;) {
      const next = this.#table.next(row);
      this.#table.renumber(row, traces, runs);
      this.#table.setNext(row, into.firstRow);
      into.firstRow = row;
      row = next;
    }
    into.spans += from.spans;
    for (const [key, record] of from.events) eventsOf(into).set(key, record);
    for (const [key, told] of from.told) toldOf(into).set(key, told);
    for (const runId of from.overRuns ?? []) (into.overRuns ??= new Set()).add(runId);
    into.bytes += from.bytes;
    into.eventBytes += from.eventBytes;
    into.firstArrival = Math.min(into.firstArrival, from.firstArrival);
    into.lastArrival = Math.max(into.lastArrival, from.lastArrival);
    into.refused += from.refused;
    into.pending += from.pending;
    this.#joined.set(from, into);
    this.#groups.delete(from);
    this.#onJoined(from, into);
    // Nothing is its own any more: whoever still knows it must not let go of what the other one holds.
    Object.assign(from, emptyGroup(from.firstArrival));
    return into;
  }

  #nowIn(group: OpenGroup): OpenGroup {
    const into = this.#joined.get(group);
    return into === undefined ? group : this.#nowIn(into);
  }

  #spanAt(group: OpenGroup, row: number): StoredSpan {
    const cells = this.#table.read(row);
    return new StoredSpan(row, cells, {
      traceId: group.traceIds.at(cells.trace) ?? '',
      runId: cells.run === 0 ? undefined : group.runIds.at(cells.run - 1),
      request: this.#requests.get(cells.request),
      outcome: this.#outcomes.of(row, cells.outcome),
    });
  }

  #hold(group: OpenGroup, bytes: number): void {
    group.bytes += bytes;
    this.#bytes += bytes;
  }

  #letGo(group: OpenGroup, bytes: number): void {
    group.bytes -= bytes;
    this.#bytes -= bytes;
  }

  #freeRow(group: OpenGroup, row: number): void {
    this.#outcomes.drop(row, this.#table.outcomeOf(row));
    group.spans -= 1;
    this.#letGo(group, this.#table.lengthOf(row));
    const request = this.#requests.get(this.#table.requestOf(row));
    this.#tell(row, request);
    this.#table.free(row);
    this.#requests.settle(request);
  }

  /** Nobody waits for the span any more. */
  #tell(row: number, request: HeldRequest): void {
    if (this.#table.tell(row)) this.#requests.told(request);
  }

  #free(group: OpenGroup): void {
    for (let row = group.firstRow; row !== NO_ROW;) {
      const next = this.#table.next(row);
      this.#freeRow(group, row);
      row = next;
    }
    group.firstRow = NO_ROW;
    for (const event of group.events.values()) this.dropEvent(group, event);
  }
}

function replaces(next: StoredSpan, known: StoredSpan): boolean {
  const later = compareWords(next.endHigh, next.endLow, known.endHigh, known.endLow);
  return later === 0 ? next.attributes > known.attributes : later > 0;
}
