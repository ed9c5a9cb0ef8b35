import type { BreakerMatch, ToolOutcome } from '@aftertrace/schema';

/** The circuit of one tool. Absent: closed, without failures. */
export type CircuitState =
  | {
      readonly kind: 'closed';
      /** When the failures were that count, oldest first. */
      readonly failures: readonly number[];
    }
  | { readonly kind: 'open'; readonly sinceMillis: number }
  | {
      readonly kind: 'half_open';
      /** When the last probe was let through. */
      readonly sinceMillis: number;
      /** Probes under way. */
      readonly probing: number;
      readonly succeeded: number;
    };

/** What a circuit says to a call. */
export type CircuitAnswer =
  | { readonly refuse: true }
  /** `next`: the state to keep if the call is made. */
  | { readonly refuse: false; readonly probe: boolean; readonly next?: CircuitState };

/** May a call pass the circuit? Pure: a probe takes its place only when `next` is kept. */
export function askCircuit(
  breaker: BreakerMatch,
  state: CircuitState | undefined,
  nowMillis: number,
): CircuitAnswer {
  if (state === undefined || state.kind === 'closed') return { refuse: false, probe: false };
  if (state.kind === 'open') {
    const isOver = nowMillis - state.sinceMillis >= breaker.openMillis;
    if (!isOver) return { refuse: true };
    const next = { kind: 'half_open', sinceMillis: nowMillis, probing: 1, succeeded: 0 } as const;
    return { refuse: false, probe: true, next };
  }
  const hasRoom = state.probing + state.succeeded < breaker.probes;
  // A probe whose end nobody told: its process may be waiting for a person, or its tool for ever.
  const isLost = nowMillis - state.sinceMillis >= breaker.openMillis;
  if (!hasRoom && !isLost) return { refuse: true };
  const probing = hasRoom ? state.probing + 1 : 1;
  const next = { ...state, sinceMillis: nowMillis, probing };
  return { refuse: false, probe: true, next };
}

/** How a call ended, for its circuit. */
export interface CircuitReport {
  readonly probe: boolean;
  readonly outcome: Pick<ToolOutcome, 'outcome' | 'certainty' | 'class'>;
  readonly nowMillis: number;
}

/** The state after a call ended. What was not a probe changes nothing while the circuit is not closed. */
export function tellCircuit(
  breaker: BreakerMatch,
  state: CircuitState | undefined,
  report: CircuitReport,
): CircuitState {
  const { probe, nowMillis } = report;
  const hasFailed = counts(breaker, report.outcome);
  const before = state ?? CLOSED;
  if (before.kind === 'closed') {
    if (!hasFailed) return before;
    const since = nowMillis - breaker.withinMillis;
    const failures = [...before.failures.filter((at) => at > since), nowMillis];
    return failures.length >= breaker.failures
      ? { kind: 'open', sinceMillis: nowMillis }
      : { kind: 'closed', failures };
  }
  if (!probe || before.kind === 'open') return before;
  if (hasFailed) return { kind: 'open', sinceMillis: nowMillis };
  const probing = Math.max(0, before.probing - 1);
  // What was refused, given up, or failed in a way that does not count proves nothing.
  if (!isSuccess(report.outcome)) return { ...before, probing };
  const succeeded = before.succeeded + 1;
  return succeeded >= breaker.probes ? CLOSED : { ...before, probing, succeeded };
}

const CLOSED: CircuitState = Object.freeze({ kind: 'closed', failures: Object.freeze([]) });

function counts(breaker: BreakerMatch, outcome: CircuitReport['outcome']): boolean {
  if (outcome.outcome !== 'failed') return false;
  if (outcome.certainty !== 'certain' && !breaker.countLikely) return false;
  if (breaker.classes === undefined) return true;
  return breaker.classes.includes(outcome.class ?? 'other');
}

function isSuccess({ outcome }: CircuitReport['outcome']): boolean {
  return outcome === 'ok' || outcome === 'empty' || outcome === 'unknown';
}
