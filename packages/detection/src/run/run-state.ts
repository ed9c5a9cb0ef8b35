import { claimsSuccess } from './answer-claim.ts';
import { verdictOfLabel } from './evaluation-label.ts';
import { createFailureLog, type FailureLog } from './failures.ts';
import {
  createLoopDetector,
  type Loop,
  type LoopDetector,
  type LoopThresholds,
} from './loop-detector.ts';
import type { RunEvent } from './run-event.ts';
import type { ExplicitOutcome, RootError, RunLimit, Termination } from './run-facts.ts';

/** All that is kept of a run, however long it is: what the rules look at. */
export interface RunState {
  explicit: ExplicitOutcome | undefined;
  /** One that failed stands, whatever passes afterwards. */
  evaluation: 'failed' | 'passed' | undefined;
  rootError: RootError | undefined;
  terminated: Termination | undefined;
  limit: RunLimit | undefined;
  finishReason: string | undefined;
  /** The last answer says that the thing was done. */
  claimsSuccess: boolean;
  ended: boolean;
  readonly failures: FailureLog;
  readonly loops: LoopDetector;
}

export function emptyRunState(thresholds: LoopThresholds | undefined): RunState {
  return {
    explicit: undefined,
    evaluation: undefined,
    rootError: undefined,
    terminated: undefined,
    limit: undefined,
    finishReason: undefined,
    claimsSuccess: false,
    ended: false,
    failures: createFailureLog(),
    loops: createLoopDetector(thresholds),
  };
}

/** Takes one event into the state; tells the loop that it made. */
export function applyRunEvent(state: RunState, event: RunEvent): Loop | undefined {
  switch (event.type) {
    case 'tool_call':
      state.failures.add(event.call);
      return state.loops.add(event.call);
    case 'finish_reason':
      state.finishReason = event.reason;
      return undefined;
    case 'answer':
      state.claimsSuccess = claimsSuccess(event.text);
      return undefined;
    case 'evaluation':
      if (state.evaluation !== 'failed') {
        state.evaluation = verdictOfLabel(event.evaluation.label) ?? state.evaluation;
      }
      return undefined;
    case 'explicit':
      state.explicit = event.explicit;
      return undefined;
    case 'root_error':
      state.rootError = event.error;
      return undefined;
    case 'terminated':
      state.terminated = event.termination;
      return undefined;
    case 'limit':
      state.limit = event.limit;
      return undefined;
    case 'ended':
      state.ended = true;
      return undefined;
  }
}
