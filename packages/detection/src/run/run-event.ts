import type {
  ExplicitOutcome,
  RootError,
  RunEvaluation,
  RunFacts,
  RunLimit,
  RunToolCall,
  Termination,
} from './run-facts.ts';

/** One thing that becomes known of a run while it goes on, or after it. Order matters for calls and finish reasons only. */
export type RunEvent =
  | { readonly type: 'tool_call'; readonly call: RunToolCall }
  | { readonly type: 'finish_reason'; readonly reason: string }
  /** The text of an answer; the last one counts. */
  | { readonly type: 'answer'; readonly text: string }
  | { readonly type: 'evaluation'; readonly evaluation: RunEvaluation }
  | { readonly type: 'explicit'; readonly explicit: ExplicitOutcome }
  | { readonly type: 'root_error'; readonly error: RootError }
  | { readonly type: 'terminated'; readonly termination: Termination }
  | { readonly type: 'limit'; readonly limit: RunLimit }
  /** The run's topmost span ended. */
  | { readonly type: 'ended' };

/** Facts about a whole run, as the events that would have told them. */
export function* eventsOf(facts: RunFacts): Generator<RunEvent> {
  for (const call of facts.toolCalls) yield { type: 'tool_call', call };
  const reason = facts.finishReasons?.at(-1);
  if (reason !== undefined) yield { type: 'finish_reason', reason };
  if (facts.answer !== undefined) yield { type: 'answer', text: facts.answer };
  for (const evaluation of facts.evaluations ?? []) yield { type: 'evaluation', evaluation };
  if (facts.explicit !== undefined) yield { type: 'explicit', explicit: facts.explicit };
  if (facts.rootError !== undefined) yield { type: 'root_error', error: facts.rootError };
  if (facts.terminated !== undefined) yield { type: 'terminated', termination: facts.terminated };
  if (facts.limit !== undefined) yield { type: 'limit', limit: facts.limit.kind };
  if (facts.rootEnded) yield { type: 'ended' };
}
