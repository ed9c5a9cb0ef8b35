import type { RunOutcome } from '@aftertrace/schema';

import type { RuleInfo } from '../rule.ts';
import { meaningOfFinish } from './finish-reason.ts';
import type { Loop, LoopKind } from './loop-detector.ts';
import type { RunState } from './run-state.ts';

/** What a rule about runs says; the engine adds the rule's id and the failing steps. */
export type RunHit = Omit<RunOutcome, 'rule' | 'firstFailingStep' | 'lastGoodStep'>;

/** What a reader needs to know of a rule about runs. */
export interface RunRuleInfo extends RuleInfo {
  /**
   * How strong the rule's word is against that of others, 0 to 100: of the rules that have something to say the one
   * with the greatest weight decides. No two have the same.
   */
  readonly weight: number;
}

/** A rule about runs. */
export interface RunRule extends RunRuleInfo {
  readonly judge: (state: RunState) => RunHit | undefined;
}

/** Errors by which frameworks tell that somebody stopped the run. */
const ABORT_TYPES: ReadonlySet<string> = new Set([
  'AbortError',
  'CanceledError',
  'CancelledError',
  'KeyboardInterrupt',
  'asyncio.CancelledError',
  'cancelled',
]);

const LOOP_TEXT: Readonly<Record<LoopKind, (loop: Loop) => string>> = {
  identical_failures: ({ calls }) => `it ended after ${calls} identical calls that failed alike`,
  identical_results: ({ calls }) => `it ended after ${calls} identical calls with one result`,
  alternating: ({ rounds, tools }) =>
    `it ended after ${rounds} rounds of the same ${tools.length} calls`,
  no_progress: ({ calls }) => `it ended after ${calls} calls without progress`,
};

function byRootError({ rootError }: RunState): RunHit | undefined {
  if (rootError === undefined) return undefined;
  const aborted = rootError.type !== undefined && ABORT_TYPES.has(rootError.type);
  return {
    outcome: aborted ? 'terminated' : 'failure',
    basis: 'root_error',
    certainty: 'certain',
    reason: aborted ? 'the run was aborted' : 'the run ended with an error',
  };
}

function byLimit({ limit }: RunState): RunHit | undefined {
  if (limit === undefined) return undefined;
  const isLoop = limit === 'loop';
  return {
    outcome: 'failure',
    basis: 'limit_or_loop',
    // Who polls with patience makes the same calls as who goes in circles.
    certainty: isLoop ? 'likely' : 'certain',
    reason: isLoop ? 'the run went in circles' : `the limit of ${limit} was reached`,
  };
}

function byLoop({ loops }: RunState): RunHit | undefined {
  const loop = loops.loop();
  if (loop === undefined) return undefined;
  const reason = LOOP_TEXT[loop.kind](loop);
  return { outcome: 'failure', basis: 'limit_or_loop', certainty: 'likely', reason };
}

function unrecovered(reason: string): RunHit {
  return { outcome: 'failure', basis: 'unrecovered_tool_failure', certainty: 'likely', reason };
}

function byToolFailure({ failures }: RunState): RunHit | undefined {
  const failure = failures.unrecovered();
  if (failure === undefined) return undefined;
  return unrecovered(
    failure.why === 'last_call'
      ? 'the run ended on a failed tool call'
      : 'a call that writes failed and was not made good',
  );
}

function byFinish(state: RunState, basis: RunOutcome['basis']): RunHit | undefined {
  const meaning = meaningOfFinish(state.finishReason);
  if (meaning === undefined || meaning.basis !== basis) return undefined;
  const certainty = basis === 'limit_or_loop' ? 'certain' : 'likely';
  return { outcome: meaning.outcome, basis, certainty, reason: meaning.text };
}

/** The rules about runs, the greatest weight first. */
export const runRules: readonly RunRule[] = [
  {
    id: 'run.explicit',
    weight: 100,
    family: 'run',
    looksAt: 'what the application said',
    description: 'Its word stands, whatever the telemetry looks like.',
    judge: ({ explicit }) =>
      explicit === undefined
        ? undefined
        : {
            outcome: explicit.outcome,
            basis: 'explicit',
            certainty: 'certain',
            reason: explicit.reason ?? 'the application said so',
          },
  },
  {
    id: 'run.evaluation',
    weight: 90,
    family: 'run',
    looksAt: 'labels of evaluation results',
    description:
      'One label that means failed is a failure; else one that means passed is a success. Scores without a label ' +
      'and labels that are not known say nothing.',
    judge: ({ evaluation }) =>
      evaluation === undefined
        ? undefined
        : {
            outcome: evaluation === 'failed' ? 'failure' : 'success',
            basis: 'evaluation',
            certainty: 'certain',
            reason:
              evaluation === 'failed'
                ? 'an evaluation failed'
                : 'every evaluation with a known label passed',
          },
  },
  {
    id: 'run.root_error',
    weight: 80,
    family: 'run',
    looksAt: "the error of the run's topmost span",
    description: 'A failure; where the error is an abort, the run was terminated.',
    judge: byRootError,
  },
  {
    id: 'run.terminated',
    weight: 70,
    family: 'run',
    looksAt: 'containments and people',
    description: 'A containment or a person stopped the run.',
    judge: ({ terminated }) =>
      terminated === undefined
        ? undefined
        : {
            outcome: 'terminated',
            basis: 'terminated',
            certainty: 'certain',
            reason: `stopped by a ${terminated.by}`,
          },
  },
  {
    id: 'run.limit',
    weight: 65,
    family: 'run',
    looksAt: 'limits and loops that were reported',
    description:
      'A limit of steps, time, tokens or cost was reached: certain. The run went in circles: likely.',
    judge: byLimit,
  },
  {
    id: 'run.finish_limit',
    weight: 60,
    family: 'run',
    looksAt: 'the last finish reason',
    description:
      "A framework's word for a limit: `max_turns`, `max_iterations`, `recursion_limit`.",
    judge: (state) => byFinish(state, 'limit_or_loop'),
  },
  {
    id: 'run.process_gone',
    weight: 50,
    family: 'run',
    looksAt: "the end of the run's topmost span",
    description:
      'It was never seen to end: what its calls and answers looked like so far proves nothing.',
    judge: ({ ended }) =>
      ended
        ? undefined
        : {
            outcome: 'incomplete',
            basis: 'process_gone',
            certainty: 'likely',
            reason: 'the end of the run was not seen',
          },
  },
  {
    id: 'run.loop',
    weight: 40,
    family: 'run',
    looksAt: 'digests of arguments and results of the last tool calls',
    description:
      'The run ended in a loop: the same call failing alike, the same call with the same result, rounds of the same ' +
      'two to four calls, or calls without progress. A loop that it got out of says nothing.',
    judge: byLoop,
  },
  {
    id: 'run.false_claim',
    weight: 35,
    family: 'run',
    looksAt: 'the final answer and outcomes of tool calls that write',
    description:
      'The answer says without reservation that the thing was done, but a tool that writes failed and no later call ' +
      'of it went well.',
    judge: ({ claimsSuccess, failures }) =>
      claimsSuccess && failures.openWrite() !== undefined
        ? unrecovered('the answer claims success after a call that writes failed')
        : undefined,
  },
  {
    id: 'run.tool_failure',
    weight: 30,
    family: 'run',
    looksAt: 'outcomes of tool calls',
    description:
      'A failed call, without a later call of the same tool that went well, in the last step that ran tools or ' +
      'of a tool that writes. A refused call runs nothing.',
    judge: byToolFailure,
  },
  {
    id: 'run.finish_reason',
    weight: 20,
    family: 'run',
    looksAt: 'the last finish reason',
    description:
      'A normal end of the answer is a likely success; an answer that was cut off or withheld a likely failure. ' +
      'An end on tool calls says nothing.',
    judge: (state) => byFinish(state, 'finish_reason'),
  },
];

/** Every rule about runs, the greatest weight first. For documentation: ids are stable. */
export const runRuleInfos: readonly RunRuleInfo[] = runRules.map(
  ({ id, weight, family, looksAt, description }) => ({ id, weight, family, looksAt, description }),
);
