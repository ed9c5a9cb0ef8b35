import type { RunOutcome, RunOutcomeKind } from '@aftertrace/schema';

import type { RuleInfo } from './rule.ts';
import type { RunFacts } from './run.ts';
import { unrecoveredFailure } from './tool-failures.ts';

/** What a rule about runs says; the engine adds the rule's id and the failing steps. */
export type RunHit = Omit<RunOutcome, 'rule' | 'firstFailingStep' | 'lastGoodStep'>;

/** A rule about runs. */
export interface RunRule extends RuleInfo {
  readonly judge: (facts: RunFacts) => RunHit | undefined;
}

const FAIL_LABELS: ReadonlySet<string> = new Set([
  'fail',
  'failed',
  'failure',
  'incorrect',
  'wrong',
  'unsatisfactory',
  'unsuccessful',
  'bad',
  'no',
  'false',
]);
const PASS_LABELS: ReadonlySet<string> = new Set([
  'pass',
  'passed',
  'success',
  'successful',
  'correct',
  'satisfactory',
  'good',
  'yes',
  'true',
]);

/** Errors by which frameworks tell that somebody stopped the run. */
const ABORT_TYPES: ReadonlySet<string> = new Set([
  'AbortError',
  'CanceledError',
  'CancelledError',
  'KeyboardInterrupt',
  'asyncio.CancelledError',
  'cancelled',
]);

interface FinishMeaning {
  readonly outcome: RunOutcomeKind;
  readonly text: string;
}

const ENDED: FinishMeaning = { outcome: 'success', text: 'the model ended its answer' };
const CUT_OFF: FinishMeaning = { outcome: 'failure', text: 'the answer was cut off' };
const WITHHELD: FinishMeaning = { outcome: 'failure', text: 'the answer was withheld' };
const BROKEN: FinishMeaning = { outcome: 'failure', text: 'the model call failed' };

/** Finish reasons of providers and frameworks, in lower case and with `_`. An end on tool calls is not in it. */
const FINISH: ReadonlyMap<string, FinishMeaning> = new Map([
  ['stop', ENDED],
  ['end_turn', ENDED],
  ['stop_sequence', ENDED],
  ['completed', ENDED],
  ['eos', ENDED],
  ['length', CUT_OFF],
  ['max_tokens', CUT_OFF],
  ['model_context_window_exceeded', CUT_OFF],
  ['content_filter', WITHHELD],
  ['safety', WITHHELD],
  ['refusal', WITHHELD],
  ['recitation', WITHHELD],
  ['error', BROKEN],
  ['malformed_function_call', BROKEN],
]);

function byEvaluation({ evaluations = [] }: RunFacts): RunHit | undefined {
  let passed = false;
  for (const { label } of evaluations) {
    const word = label?.trim().toLowerCase() ?? '';
    if (FAIL_LABELS.has(word)) {
      return {
        outcome: 'failure',
        basis: 'evaluation',
        certainty: 'certain',
        reason: 'an evaluation failed',
      };
    }
    if (PASS_LABELS.has(word)) passed = true;
  }
  if (!passed) return undefined;
  return {
    outcome: 'success',
    basis: 'evaluation',
    certainty: 'certain',
    reason: 'every evaluation with a known label passed',
  };
}

function byRootError({ rootError }: RunFacts): RunHit | undefined {
  if (rootError === undefined) return undefined;
  const aborted = rootError.type !== undefined && ABORT_TYPES.has(rootError.type);
  return {
    outcome: aborted ? 'terminated' : 'failure',
    basis: 'root_error',
    certainty: 'certain',
    reason: aborted ? 'the run was aborted' : 'the run ended with an error',
  };
}

function byToolFailure({ toolCalls }: RunFacts): RunHit | undefined {
  const failure = unrecoveredFailure(toolCalls);
  if (failure === undefined) return undefined;
  const reason =
    failure.why === 'last_call'
      ? 'the run ended on a failed tool call'
      : 'a call that writes failed and was not made good';
  return { outcome: 'failure', basis: 'unrecovered_tool_failure', certainty: 'likely', reason };
}

function byFinishReason({ finishReasons }: RunFacts): RunHit | undefined {
  const last = finishReasons?.at(-1)?.trim().toLowerCase().replaceAll('-', '_');
  const meaning = last === undefined ? undefined : FINISH.get(last);
  if (meaning === undefined) return undefined;
  return {
    outcome: meaning.outcome,
    basis: 'finish_reason',
    certainty: 'likely',
    reason: meaning.text,
  };
}

/** The rules about runs, strongest basis first. */
export const runRules: readonly RunRule[] = [
  {
    id: 'run.explicit',
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
    family: 'run',
    looksAt: 'labels of evaluation results',
    description:
      'One label that means failed is a failure; else one that means passed is a success. Scores without a label ' +
      'and labels that are not known say nothing.',
    judge: byEvaluation,
  },
  {
    id: 'run.root_error',
    family: 'run',
    looksAt: "the error of the run's topmost span",
    description: 'A failure; where the error is an abort, the run was terminated.',
    judge: byRootError,
  },
  {
    id: 'run.terminated',
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
    family: 'run',
    looksAt: 'limits and loops that were reported',
    description: 'A limit of steps, time, tokens or cost was reached, or the run went in circles.',
    judge: ({ limit }) =>
      limit === undefined
        ? undefined
        : {
            outcome: 'failure',
            basis: 'limit_or_loop',
            certainty: 'certain',
            reason:
              limit.kind === 'loop'
                ? 'the run went in circles'
                : `the limit of ${limit.kind} was reached`,
          },
  },
  {
    id: 'run.process_gone',
    family: 'run',
    looksAt: "the end of the run's topmost span",
    description:
      'It was never seen to end: what its calls and answers looked like so far proves nothing.',
    judge: ({ rootEnded }) =>
      rootEnded
        ? undefined
        : {
            outcome: 'incomplete',
            basis: 'process_gone',
            certainty: 'likely',
            reason: 'the end of the run was not seen',
          },
  },
  {
    id: 'run.tool_failure',
    family: 'run',
    looksAt: 'outcomes of tool calls',
    description:
      'A failed call, without a later call of the same tool that went well, in the last step that called tools or ' +
      'of a tool that writes.',
    judge: byToolFailure,
  },
  {
    id: 'run.finish_reason',
    family: 'run',
    looksAt: 'the last finish reason',
    description:
      'A normal end of the answer is a likely success; an answer that was cut off or withheld a likely failure. ' +
      'An end on tool calls says nothing.',
    judge: byFinishReason,
  },
];
