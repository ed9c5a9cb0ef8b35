import type { SpanRole } from '../decode/dialects/span-view.ts';

/**
 * What it takes to find a span's place among others: ids, times, role. Its content may be anywhere.
 *
 * Ids and times are halves of 32 bits, high ones first, as signed numbers, which the engine holds without a box: to be
 * compared as unsigned ones, by the functions below.
 */
export interface PlacedSpan {
  /** Unique among spans: {@link spanKey}. Made when it is asked for. */
  readonly key: string;
  readonly traceId: string;
  /** Made when it is asked for; likewise the parent's. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly spanHigh: number;
  readonly spanLow: number;
  /** Both zero for a span that names no parent. */
  readonly parentHigh: number;
  readonly parentLow: number;
  /** Nanoseconds since the Unix epoch. */
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
  readonly role: SpanRole;
  /** `aftertrace.run.id` of the span itself. */
  readonly runId: string | undefined;
  /** It says how its run ended. */
  readonly statesOutcome: boolean;
  /** Its place in the set of spans that it is looked at with. */
  readonly order: number;
}

/** What tells one span from all others: the key in every map of spans. */
export function spanKey(traceId: string, spanId: string): string {
  return `${traceId}:${spanId}`;
}

/** Whether the span names a parent. */
export function namesParent({ parentHigh, parentLow }: PlacedSpan): boolean {
  return parentHigh !== 0 || parentLow !== 0;
}

/** Below zero where the left number of 64 bits, in two halves, is smaller. */
export function compareWords(
  leftHigh: number,
  leftLow: number,
  rightHigh: number,
  rightLow: number,
): number {
  return leftHigh >>> 0 === rightHigh >>> 0
    ? (leftLow >>> 0) - (rightLow >>> 0)
    : (leftHigh >>> 0) - (rightHigh >>> 0);
}

/** Whether the span began while the other one went on. */
export function beganWithin(span: PlacedSpan, other: PlacedSpan): boolean {
  const { startHigh, startLow } = span;
  return (
    compareWords(startHigh, startLow, other.startHigh, other.startLow) >= 0 &&
    compareWords(startHigh, startLow, other.endHigh, other.endLow) <= 0
  );
}

/** How long a span took, in nanoseconds, as exact as a double is: for comparing. */
export function lengthOf({ startHigh, startLow, endHigh, endLow }: PlacedSpan): number {
  const high = (endHigh >>> 0) - (startHigh >>> 0);
  return high * 2 ** 32 + ((endLow >>> 0) - (startLow >>> 0));
}

/**
 * For sorting: earlier start first; of two that start together the longer one, which encloses the other; then by id.
 */
export function compareSpans(left: PlacedSpan, right: PlacedSpan): number {
  return (
    compareWords(left.startHigh, left.startLow, right.startHigh, right.startLow) ||
    compareWords(right.endHigh, right.endLow, left.endHigh, left.endLow) ||
    compareIds(left, right)
  );
}

/** By the ids of the spans alone, as their texts compare. */
export function compareIds(left: PlacedSpan, right: PlacedSpan): number {
  return compareWords(left.spanHigh, left.spanLow, right.spanHigh, right.spanLow);
}
