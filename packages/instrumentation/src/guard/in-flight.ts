import type { ProposedCall } from '@aftertrace/policy';
import { appliesTo } from '@aftertrace/policy';
import type { Containment } from '@aftertrace/schema';

/** A call that runs or waits now, and the way to stop it. */
export interface InFlightCall {
  readonly proposed: ProposedCall;
  readonly signal: AbortSignal;
  /** The containment that stopped it. */
  readonly stoppedBy: () => Containment | undefined;
  /** The call is over; releases what ties it to the caller's signal. */
  done(): void;
}

/** The calls of this process that a containment can stop on their way. */
export interface InFlightCalls {
  enter(proposed: ProposedCall, signal: AbortSignal | undefined): InFlightCall;
  /** Aborts the calls that a containment covers; how many. */
  abort(containment: Containment, nowMillis: number): number;
  readonly size: number;
}

interface Entry {
  readonly proposed: ProposedCall;
  stop(containment: Containment): void;
}

/** Keeps one abort controller for each call under way. */
export function createInFlightCalls(): InFlightCalls {
  const entries = new Set<Entry>();
  return {
    get size() {
      return entries.size;
    },
    enter: (proposed, signal) => {
      const controller = new AbortController();
      let stoppedBy: Containment | undefined;
      const entry: Entry = {
        proposed,
        stop: (containment) => {
          stoppedBy = containment;
          controller.abort(
            new DOMException(`stopped by containment ${containment.id}`, 'AbortError'),
          );
        },
      };
      const follow = (): void => controller.abort(signal?.reason);
      if (signal?.aborted === true) follow();
      else signal?.addEventListener('abort', follow, { once: true });
      entries.add(entry);
      return {
        proposed,
        signal: controller.signal,
        stoppedBy: () => stoppedBy,
        done: () => {
          entries.delete(entry);
          signal?.removeEventListener('abort', follow);
        },
      };
    },
    abort: (containment, nowMillis) => {
      if (containment.mode !== 'enforce' || containment.inFlight !== 'abort') return 0;
      let aborted = 0;
      for (const entry of entries) {
        if (!appliesTo(containment, entry.proposed, nowMillis)) continue;
        entries.delete(entry);
        entry.stop(containment);
        aborted += 1;
      }
      return aborted;
    },
  };
}
