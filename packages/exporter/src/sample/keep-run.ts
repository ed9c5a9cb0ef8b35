import type { RunOutcomeKind, TrajectoryExtra } from '@aftertrace/schema';

/** What decides whether a run is kept. */
export interface SamplingFacts {
  readonly outcome: RunOutcomeKind;
  readonly decisions: number;
  readonly overrides: number;
  /** Failed tool calls, also in runs that recovered. */
  readonly failedCalls: number;
  readonly traceId: string;
}

/** Whether a run is kept, by which rule, and with which probability runs like it are kept. */
export type SamplingVerdict =
  | { readonly kept: true; readonly note: TrajectoryExtra['sampling'] }
  | { readonly kept: false; readonly rule: string; readonly ratio: number };

/**
 * Keeps everything but a share of uneventful successes. The share is decided by the trace id, so that all who look at
 * the same trace decide alike.
 *
 * @param successRatio 0 to 1: the share of uneventful successes to keep
 */
export function keepRun(facts: SamplingFacts, successRatio: number): SamplingVerdict {
  const always = alwaysKept(facts);
  if (always !== undefined) return kept(always, 1);
  if (successRatio >= 1) return kept('all', 1);
  const rule = 'success_ratio';
  return isInRatio(facts.traceId, successRatio)
    ? kept(rule, successRatio)
    : { kept: false, rule, ratio: successRatio };
}

function alwaysKept(facts: SamplingFacts): string | undefined {
  if (facts.outcome === 'failure' || facts.outcome === 'terminated') return 'failure';
  if (facts.outcome !== 'success') return 'unresolved';
  if (facts.overrides > 0) return 'override';
  if (facts.decisions > 0) return 'decision';
  return facts.failedCalls > 0 ? 'failed_call' : undefined;
}

function kept(rule: string, ratio: number): SamplingVerdict {
  return { kept: true, note: { kept: true, rule, ratio } };
}

const RANDOM_BITS = 56n;

/**
 * OpenTelemetry's consistent probability sampling: the last 56 bits of the trace id are its randomness; it is kept where
 * they reach the threshold of the ratio. A trace id that is not hexadecimal is kept.
 */
export function isInRatio(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true;
  if (ratio <= 0) return false;
  const tail = traceId.slice(-14);
  if (!/^[0-9a-f]{14}$/i.test(tail)) return true;
  const whole = 1n << RANDOM_BITS;
  const threshold = whole - BigInt(Math.round(ratio * Number(whole)));
  return BigInt(`0x${tail}`) >= threshold;
}
