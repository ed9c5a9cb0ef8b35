import { spanKey } from '../assemble/placed-span.ts';

/** Where something happened. */
export interface EventfulPlace {
  readonly runId: string | undefined;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** What is asked about: a run of an index. */
export interface RunInIndex {
  readonly runId: string | undefined;
  readonly spans: readonly { readonly key: string; readonly traceId: string }[];
  readonly events: readonly { readonly log: Pick<EventfulPlace, 'traceId' | 'spanId'> }[];
}

/** Runs that something happened in, as their telemetry arrived. */
export interface EventfulRuns {
  /** At milliseconds of our clock. */
  note(place: EventfulPlace, at: number): void;
  has(run: RunInIndex): boolean;
  /** When a place was last given up for lack of room; 0 for never. What arrived before may have been in it. */
  forgotAt(): number;
}

/** Remembers as many places; the oldest goes first. */
export function createEventfulRuns(limit: number): EventfulRuns {
  /** Keys of runs (`run:`), of traces (`trace:`), and of spans; with the time of the latest note. */
  const places = new Map<string, number>();
  const traces = new Map<string, number>();
  let forgotten = 0;
  const add = (key: string, at: number): void => {
    places.delete(key);
    places.set(key, at);
    if (places.size <= limit) return;
    for (const oldest of places.keys()) {
      places.delete(oldest);
      forgotten = at;
      const trace = oldest.slice(0, oldest.indexOf(':'));
      const left = (traces.get(trace) ?? 0) - 1;
      if (left > 0) traces.set(trace, left);
      else traces.delete(trace);
      return;
    }
  };
  const addInTrace = (traceId: string, key: string, at: number): void => {
    if (!places.has(key)) traces.set(traceId, (traces.get(traceId) ?? 0) + 1);
    add(key, at);
  };
  return {
    note({ runId, traceId, spanId }, at) {
      if (runId !== undefined) add(`run:${runId}`, at);
      if (traceId === undefined) return;
      if (spanId !== undefined) addInTrace(traceId, spanKey(traceId, spanId), at);
      else if (runId === undefined) addInTrace(traceId, spanKey(traceId, ''), at);
    },
    has({ runId, spans, events }) {
      if (runId !== undefined && places.has(`run:${runId}`)) return true;
      if (traces.size === 0) return false;
      const isInTrace = (traceId: string): boolean => places.has(spanKey(traceId, ''));
      return (
        spans.some(
          // Keys are made when they are asked for, which is seldom.
          (span) => traces.has(span.traceId) && (places.has(span.key) || isInTrace(span.traceId)),
        ) ||
        events.some(
          ({ log: { traceId, spanId } }) =>
            traceId !== undefined &&
            traces.has(traceId) &&
            (isInTrace(traceId) || places.has(spanKey(traceId, spanId ?? ''))),
        )
      );
    },
    forgotAt: () => forgotten,
  };
}
