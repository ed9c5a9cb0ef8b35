import { DigestText } from './digest-text.ts';
import type { RunOf } from './partition.ts';
import { compareIds, type PlacedSpan } from './placed-span.ts';

/** What a digest is made of. */
export interface DigestedSpan extends PlacedSpan {
  /** How many attributes it has. */
  readonly attributes: number;
}

const COLON = 0x3a;
const LINE_END = 0x0a;

const text = new DigestText();

/**
 * A digest over which spans and events a run is made of: the same telemetry gives the same digest whichever way it came
 * in, in whatever order and however often. Lines hold it.
 */
export function runDigest(part: Pick<RunOf<DigestedSpan>, 'spans' | 'events'>): string {
  text.clear();
  for (const span of part.spans.toSorted(compareInText)) addSpan(span);
  if (part.events.length > 0) {
    const events = part.events.map((event) => event.identity).sort();
    text.text(`\n${events.join('\n')}`);
  }
  return `sha256:${text.sha256()}`;
}

/** Its key, its end and the number of its attributes. */
function addSpan({ traceId, spanHigh, spanLow, endHigh, endLow, attributes }: DigestedSpan): void {
  text.text(traceId);
  text.byte(COLON);
  text.hex(spanHigh);
  text.hex(spanLow);
  text.byte(COLON);
  text.decimal(endHigh);
  text.byte(COLON);
  text.decimal(endLow);
  text.byte(COLON);
  text.decimal(attributes);
  text.byte(LINE_END);
}

/** As the texts of the spans compare. */
function compareInText(left: DigestedSpan, right: DigestedSpan): number {
  if (left.traceId === right.traceId) return compareIds(left, right);
  return left.traceId < right.traceId ? -1 : 1;
}
