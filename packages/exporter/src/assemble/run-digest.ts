import { sha256Hex } from '@aftertrace/schema';

import type { RunPart } from './partition.ts';

/**
 * A digest over which spans and events a run is made of: the same telemetry gives the same digest whichever way it came
 * in, in whatever order and however often.
 */
export function runDigest(part: Pick<RunPart, 'spans' | 'events'>): string {
  const spans = part.spans.map(
    ({ span }) => `${span.traceId}:${span.spanId}:${span.endTimeUnixNano}:${span.attributes.size}`,
  );
  const events = part.events.map((event) => event.identity);
  return `sha256:${sha256Hex([...spans.toSorted(), '', ...events.toSorted()].join('\n'))}`;
}
