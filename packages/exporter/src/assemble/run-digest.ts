import { sha256Hex } from '@aftertrace/schema';

import type { RunOf } from './partition.ts';
import { compareIds, type PlacedSpan } from './placed-span.ts';

/** What a digest is made of. */
export interface DigestedSpan extends PlacedSpan {
  /** How many attributes it has. */
  readonly attributes: number;
}

/**
 * A digest over which spans and events a run is made of: the same telemetry gives the same digest whichever way it came
 * in, in whatever order and however often.
 */
export function runDigest(part: Pick<RunOf<DigestedSpan>, 'spans' | 'events'>): string {
  let text = '';
  for (const span of part.spans.toSorted(compareInText)) {
    text += `${span.key}:${span.endHigh >>> 0}:${span.endLow >>> 0}:${span.attributes}\n`;
  }
  if (part.events.length > 0) {
    const events = part.events.map((event) => event.identity).sort();
    text += `\n${events.join('\n')}`;
  }
  return `sha256:${sha256Hex(text)}`;
}

/** As the texts of the spans compare. */
function compareInText(left: DigestedSpan, right: DigestedSpan): number {
  if (left.traceId === right.traceId) return compareIds(left, right);
  return left.traceId < right.traceId ? -1 : 1;
}
