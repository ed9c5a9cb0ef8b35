import {
  createJudge,
  judgeToolCall,
  type JudgeToolCall,
  type ToolProfile,
} from '@aftertrace/detection';
import type { ToolOutcome } from '@aftertrace/schema';

import type { Diagnostics } from '../diagnostics.ts';
import { EndedByFramework } from './ended-by-framework.ts';

/** How a tool came to its end. */
export type Settled =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown };

/** What the judgement looks at. */
export interface JudgeInput {
  readonly tool: string;
  readonly arguments: unknown;
  readonly settled: Settled;
  /** The caller's own signal had aborted, and not because a time was over. */
  readonly cancelled: boolean;
  readonly captureContent: boolean;
  /** Of the policy in force: what it knows of tools. */
  readonly profiles: readonly ToolProfile[] | undefined;
  readonly diagnostics: Diagnostics;
}

/** The one judgement of a call. Without content capture its excerpt does not leave. Never throws. */
export function judge(input: JudgeInput): ToolOutcome {
  const { settled } = input;
  if (settled.kind === 'threw' && settled.error instanceof EndedByFramework) {
    return refusedOutcome(settled.error.outcome, settled.error.rule);
  }
  if (settled.kind === 'threw' && input.cancelled) return CANCELLED;
  try {
    const outcome = judgeWith(input.profiles)(
      settled.kind === 'returned'
        ? { tool: input.tool, arguments: input.arguments, result: settled.value, returned: true }
        : { tool: input.tool, arguments: input.arguments, error: settled.error },
    );
    return input.captureContent ? outcome : withoutExcerpt(outcome);
  } catch (error) {
    // A hostile result, such as a getter that throws, must not turn a call that worked into one that failed.
    input.diagnostics.count('guard.judge_error');
    input.diagnostics.warnOnce('guard.judge', `a tool call could not be judged: ${String(error)}`);
    return UNKNOWN;
  }
}

/** Judges that were made for the profiles of a policy; they live as long as it does. */
const JUDGES = new WeakMap<readonly ToolProfile[], JudgeToolCall>();

function judgeWith(profiles: readonly ToolProfile[] | undefined): JudgeToolCall {
  if (profiles === undefined || profiles.length === 0) return judgeToolCall;
  const made = JUDGES.get(profiles);
  if (made !== undefined) return made;
  const judgeCall = createJudge({ profiles });
  JUDGES.set(profiles, judgeCall);
  return judgeCall;
}

/** Was it the caller who gave up? A timeout of the framework is a failure of the call, not a change of mind. */
export function isCancelled(signal: AbortSignal | undefined): boolean {
  if (signal?.aborted !== true) return false;
  const reason: unknown = signal.reason;
  return !(reason instanceof Error && reason.name === 'TimeoutError');
}

/** The judgement of a call that its framework did not make: it says so itself, so there is nothing to guess. */
export function judgeUnmade(
  input: Omit<JudgeInput, 'settled' | 'cancelled'>,
  error: unknown,
): ToolOutcome {
  const outcome = judge({ ...input, settled: { kind: 'threw', error }, cancelled: false });
  const what = outcome.class === 'unknown_tool' ? outcome.class : 'invalid_arguments';
  return {
    ...outcome,
    certainty: 'certain',
    channel: 'framework',
    class: what,
    rule: `framework.${what}`,
  };
}

/** What a call settles with whose result nobody has seen: the application made it, or not, and told no one. */
export const UNSEEN: unique symbol = Symbol('aftertrace.unseen');

/** Nothing is known of it, and nothing is guessed. */
export const UNSEEN_OUTCOME: ToolOutcome = Object.freeze({
  outcome: 'unknown',
  certainty: 'certain',
  channel: 'missing',
  rule: 'guard.unseen',
});

/** The outcome of a call that never ran, or that was stopped. */
export function refusedOutcome(kind: 'denied' | 'cancelled', rule: string): ToolOutcome {
  return { outcome: kind, certainty: 'certain', channel: 'framework', rule };
}

/** What an adapter gives for a tool that left its run for a person, or for a later time, and has not come to an end. */
export const PAUSED: unique symbol = Symbol('aftertrace.paused');

/** A pause is no end, and no error. */
const PAUSED_OUTCOME: ToolOutcome = Object.freeze({
  outcome: 'unknown',
  certainty: 'certain',
  channel: 'framework',
  rule: 'framework.paused',
});

/** Was it put off by a pause, or is its end not known? It has taken no time that could be told. */
export function hasNoEnd(outcome: ToolOutcome): boolean {
  return outcome === PAUSED_OUTCOME || outcome === UNSEEN_OUTCOME;
}

/** The outcome of a call of which an adapter says by a mark what became of it; undefined: it is to be judged. */
export function markedOutcome(value: unknown): ToolOutcome | undefined {
  if (value === UNSEEN) return UNSEEN_OUTCOME;
  return value === PAUSED ? PAUSED_OUTCOME : undefined;
}

const CANCELLED: ToolOutcome = Object.freeze(refusedOutcome('cancelled', 'guard.cancelled'));
const UNKNOWN: ToolOutcome = Object.freeze({
  outcome: 'unknown',
  certainty: 'likely',
  rule: 'guard.unjudged',
});

function withoutExcerpt(outcome: ToolOutcome): ToolOutcome {
  if (outcome.evidence?.excerpt === undefined) return outcome;
  const { excerpt: _excerpt, ...evidence } = outcome.evidence;
  return { ...outcome, evidence };
}
