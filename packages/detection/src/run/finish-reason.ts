import type { RunOutcomeKind } from '@aftertrace/schema';

/** What a finish reason says of the run that ended on it. */
export interface FinishMeaning {
  readonly outcome: RunOutcomeKind;
  readonly basis: 'finish_reason' | 'limit_or_loop';
  /** For a person. */
  readonly text: string;
}

const ENDED: FinishMeaning = finish('success', 'the model ended its answer');
const CUT_OFF: FinishMeaning = finish('failure', 'the answer was cut off');
const WITHHELD: FinishMeaning = finish('failure', 'the answer was withheld');
const BROKEN: FinishMeaning = finish('failure', 'the model call failed');
const LIMIT: FinishMeaning = {
  outcome: 'failure',
  basis: 'limit_or_loop',
  text: 'the framework stopped it at a limit',
};

function finish(outcome: RunOutcomeKind, text: string): FinishMeaning {
  return { outcome, basis: 'finish_reason', text };
}

/**
 * Finish reasons of providers and frameworks, in lower case and with `_`. An end on tool calls is not in it: a limit of
 * steps, a hand-over and a tool that the client runs all look like that.
 */
const FINISH: ReadonlyMap<string, FinishMeaning> = new Map([
  ['stop', ENDED],
  ['end_turn', ENDED],
  ['stop_sequence', ENDED],
  ['completed', ENDED],
  ['eos', ENDED],
  ['length', CUT_OFF],
  ['max_tokens', CUT_OFF],
  ['max_output_tokens', CUT_OFF],
  ['model_context_window_exceeded', CUT_OFF],
  ['content_filter', WITHHELD],
  ['safety', WITHHELD],
  ['refusal', WITHHELD],
  ['recitation', WITHHELD],
  ['prohibited_content', WITHHELD],
  ['blocklist', WITHHELD],
  ['error', BROKEN],
  ['malformed_function_call', BROKEN],
  ['error_during_execution', BROKEN],
  ['max_turns', LIMIT],
  ['max_steps', LIMIT],
  ['max_iterations', LIMIT],
  ['error_max_turns', LIMIT],
  ['error_max_budget_usd', LIMIT],
  ['recursion_limit', LIMIT],
]);

/** What a finish reason means, whatever its case; `undefined` where it says nothing. */
export function meaningOfFinish(reason: string | undefined): FinishMeaning | undefined {
  if (reason === undefined || reason.length > 60) return undefined;
  return FINISH.get(reason.trim().toLowerCase().replaceAll('-', '_'));
}
