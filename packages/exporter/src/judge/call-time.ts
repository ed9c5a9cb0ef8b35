import { toNanos } from '../assemble/iso-time.ts';
import { compareWords } from '../assemble/placed-span.ts';
import type { TelemetrySpan } from '../decode/telemetry.ts';
import { WireSpan } from '../decode/wire-span.ts';

/** When a call went on: nanoseconds since the Unix epoch, in halves of 32 bits. */
export interface CallTime {
  readonly startHigh: number;
  readonly startLow: number;
  readonly endHigh: number;
  readonly endLow: number;
}

export function timeOf(span: TelemetrySpan): CallTime {
  if (span instanceof WireSpan) return span.timeWords();
  const start = toNanos(span.startTimeUnixNano);
  const end = toNanos(span.endTimeUnixNano);
  return {
    startHigh: Number(start >> 32n),
    startLow: Number(start & LOW_WORD),
    endHigh: Number(end >> 32n),
    endLow: Number(end & LOW_WORD),
  };
}

const LOW_WORD = 0xffff_ffffn;

/** Whether one call took time, and the other one went on within it. */
export function encloses(outer: CallTime, inner: CallTime): boolean {
  const { startHigh, startLow, endHigh, endLow } = outer;
  return (
    compareWords(startHigh, startLow, endHigh, endLow) < 0 &&
    compareWords(startHigh, startLow, inner.startHigh, inner.startLow) <= 0 &&
    compareWords(inner.endHigh, inner.endLow, endHigh, endLow) <= 0
  );
}
