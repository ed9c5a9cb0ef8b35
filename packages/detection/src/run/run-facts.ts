import type { RunOutcomeKind, ToolOutcome } from '@aftertrace/schema';

/** A tool call of a run, as far as its outcome matters. */
export interface RunToolCall {
  readonly tool: string;
  readonly outcome: ToolOutcome;
  /** `step_id` (from 1) of the step that made the call. */
  readonly step: number;
  /** Equal for equal arguments, whatever the order of their keys. Absent: not known, and no loop is seen in it. */
  readonly argumentsDigest?: string | undefined;
  /** Equal for equal results. Failures are compared by class and rule instead: messages carry times and ids. */
  readonly resultDigest?: string | undefined;
  /** The tool changes something outside. Absent: not known. */
  readonly writes?: boolean | undefined;
}

/** One `gen_ai.evaluation.result`. */
export interface RunEvaluation {
  readonly name: string;
  /** `gen_ai.evaluation.score.label`, for example `pass`. A score without label says nothing: nobody told its threshold. */
  readonly label?: string | undefined;
}

/** What the application said of its run. */
export interface ExplicitOutcome {
  readonly outcome: RunOutcomeKind;
  readonly reason?: string | undefined;
}

/** The error of a run's root span. */
export interface RootError {
  readonly type?: string | undefined;
  readonly message?: string | undefined;
}

/** Who stopped a run on purpose. */
export interface Termination {
  readonly by: 'containment' | 'person';
  readonly id?: string | undefined;
}

/** What a run may not exceed. `loop`: somebody (a guard, a framework) found that it went in circles. */
export type RunLimit = 'steps' | 'time' | 'tokens' | 'cost' | 'loop';

/** What is known about a run. Give what there is. */
export interface RunFacts {
  /** What the application said itself. */
  readonly explicit?: ExplicitOutcome | undefined;
  readonly evaluations?: readonly RunEvaluation[] | undefined;
  /** The error of the run's root span. */
  readonly rootError?: RootError | undefined;
  /** It was stopped on purpose. */
  readonly terminated?: Termination | undefined;
  /** A limit was reached, or a loop was found. */
  readonly limit?: { readonly kind: RunLimit } | undefined;
  /** In the order in which they were made. */
  readonly toolCalls: readonly RunToolCall[];
  /** Of the run's model calls, in order; the last one counts. */
  readonly finishReasons?: readonly string[] | undefined;
  /** The text of the run's final answer. Only what it claims is used; nothing of it is kept. */
  readonly answer?: string | undefined;
  /** The run's topmost span was seen to end. */
  readonly rootEnded: boolean;
}
