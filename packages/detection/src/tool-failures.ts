import type { RunToolCall } from './run.ts';

/** The step of the first failed call, and the one before it. */
export interface FailingSteps {
  readonly firstFailingStep?: number;
  readonly lastGoodStep?: number;
}

/** Where a run first went wrong, whether or not it recovered. */
export function failingSteps(calls: readonly RunToolCall[]): FailingSteps {
  let first: number | undefined;
  for (const { outcome, step } of calls) {
    if (outcome.outcome === 'failed' && (first === undefined || step < first)) first = step;
  }
  if (first === undefined) return {};
  return { firstFailingStep: first, ...(first > 1 ? { lastGoodStep: first - 1 } : {}) };
}

/** A failure that nothing in the run made good. */
export interface UnrecoveredFailure {
  readonly call: RunToolCall;
  /** `last_call`: the run ended on it. `write`: a tool that writes failed and never succeeded. */
  readonly why: 'last_call' | 'write';
}

/**
 * Finds a failed call that was not recovered.
 *
 * A failure counts as recovered by a later call of the same tool that went well. One that was not so recovered
 * decides where the run then ended (no other tool was called in a later step), or where the tool writes.
 *
 * What this cannot know: whether a later success of the same tool was about the same thing; whether the agent reached
 * its goal by another tool; whether the final answer admits the failure. Hence `likely`, always.
 */
export function unrecoveredFailure(calls: readonly RunToolCall[]): UnrecoveredFailure | undefined {
  const lastStep = calls.reduce((last, { step }) => Math.max(last, step), 0);
  const recovered = new Set<string>();
  let write: RunToolCall | undefined;
  for (const call of calls.toReversed()) {
    const { outcome } = call.outcome;
    if (outcome === 'ok' || outcome === 'empty') recovered.add(call.tool);
    if (outcome !== 'failed' || recovered.has(call.tool)) continue;
    if (call.step === lastStep) return { call, why: 'last_call' };
    if (call.writes === true) write = call;
  }
  return write === undefined ? undefined : { call: write, why: 'write' };
}
