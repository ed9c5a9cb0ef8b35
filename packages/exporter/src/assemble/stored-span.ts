import type { ToolOutcome } from '@aftertrace/schema';

import type { SpanRole } from '../decode/dialects/span-view.ts';
import { hexOfWords } from './hex-words.ts';
import type { HeldRequest } from './held-request.ts';
import { spanKey, type PlacedSpan } from './placed-span.ts';
import type { Row } from './span-table.ts';

/** What the index knows of a span beside its row. */
export interface StoredWith {
  readonly traceId: string;
  readonly runId: string | undefined;
  readonly request: HeldRequest;
  readonly outcome: ToolOutcome | undefined;
}

/** A span of an open run as the index gives it back. */
export class StoredSpan implements PlacedSpan {
  /** Where it is in the index, and in the bytes of its request. */
  readonly row: number;
  readonly offset: number;
  readonly length: number;
  readonly envelope: number;
  readonly attributes: number;
  readonly request: HeldRequest;
  readonly traceId: string;
  readonly runId: string | undefined;
  /** Of tool calls: judged when the span arrived. */
  readonly outcome: ToolOutcome | undefined;
  readonly role: SpanRole;
  readonly statesOutcome: boolean;
  readonly spanHigh: number;
  readonly spanLow: number;
  readonly parentHigh: number;
  readonly parentLow: number;
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
  order = 0;
  #spanId: string | undefined;
  #key: string | undefined;

  constructor(row: number, cells: Row, { traceId, runId, request, outcome }: StoredWith) {
    this.row = row;
    this.offset = cells.offset;
    this.length = cells.length;
    this.envelope = cells.envelope;
    this.attributes = cells.attributes;
    this.request = request;
    this.traceId = traceId;
    this.runId = runId;
    this.outcome = outcome;
    this.role = cells.role;
    this.statesOutcome = cells.statesOutcome;
    this.spanHigh = cells.spanHigh;
    this.spanLow = cells.spanLow;
    this.parentHigh = cells.parentHigh;
    this.parentLow = cells.parentLow;
    this.startHigh = cells.startHigh;
    this.startLow = cells.startLow;
    this.endHigh = cells.endHigh;
    this.endLow = cells.endLow;
  }

  get spanId(): string {
    return (this.#spanId ??= hexOfWords(this.spanHigh, this.spanLow));
  }

  get parentSpanId(): string | undefined {
    const { parentHigh, parentLow } = this;
    return parentHigh === 0 && parentLow === 0 ? undefined : hexOfWords(parentHigh, parentLow);
  }

  get key(): string {
    return (this.#key ??= spanKey(this.traceId, this.spanId));
  }
}
