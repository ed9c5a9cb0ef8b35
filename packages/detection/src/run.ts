import type { RunOutcomeKind, ToolOutcome } from '@aftertrace/schema';

/** A tool call of a run, as far as its outcome matters. */
export interface RunToolCall {
  readonly tool: string;
  readonly outcome: ToolOutcome;
  /** `step_id` (from 1) of the step that made the call. */
  readonly step: number;
  readonly argumentsDigest?: string | undefined;
  /** The tool changes something outside. Absent: not known. */
  readonly writes?: boolean | undefined;
}

/** One `gen_ai.evaluation.result`. */
export interface RunEvaluation {
  readonly name: string;
  /** `gen_ai.evaluation.score.label`, for example `pass`. A score without label says nothing: nobody told its threshold. */
  readonly label?: string | undefined;
}

/** What is known about a run. Give what there is. */
export interface RunFacts {
  /** What the application said itself. */
  readonly explicit?:
    | { readonly outcome: RunOutcomeKind; readonly reason?: string | undefined }
    | undefined;
  readonly evaluations?: readonly RunEvaluation[] | undefined;
  /** The error of the run's root span. */
  readonly rootError?:
    | { readonly type?: string | undefined; readonly message?: string | undefined }
    | undefined;
  /** It was stopped on purpose. */
  readonly terminated?:
    | { readonly by: 'containment' | 'person'; readonly id?: string | undefined }
    | undefined;
  /** A limit was reached, or a loop was found. */
  readonly limit?: { readonly kind: 'steps' | 'time' | 'tokens' | 'cost' | 'loop' } | undefined;
  /** In the order in which they were made. */
  readonly toolCalls: readonly RunToolCall[];
  /** Of the run's model calls, in order; the last one counts. */
  readonly finishReasons?: readonly string[] | undefined;
  /** The run's topmost span was seen to end. */
  readonly rootEnded: boolean;
}
