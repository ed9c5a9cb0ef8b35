import type {
  Containment,
  DecisionSource,
  MatchedRule,
  Redaction,
  Verdict,
} from '@aftertrace/schema';

/** A proposed tool call, as policy sees it. */
export interface ProposedCall {
  readonly agent: string;
  readonly tool: string;
  readonly arguments: unknown;
  readonly agentVersion?: string | undefined;
  readonly tenant?: string | undefined;
  readonly conversation?: string | undefined;
  readonly run?: string | undefined;
}

/** What the engine decided. A value: doing it is the guard's work. */
export interface PolicyDecision {
  /** The strongest verdict of all that matched, shadow or not. */
  readonly verdict: Verdict;
  /** What is to be done now: a verdict in shadow acts as `allow`. */
  readonly action: Verdict;
  readonly source: DecisionSource;
  /** The deciding rule, absent where nothing matched or a containment decided. */
  readonly rule?: string;
  /** Every rule that matched, the deciding one first. */
  readonly rules: readonly MatchedRule[];
  /** For the model and for people; never contains argument values. */
  readonly reason?: string;
  /** The containment that stopped the call. */
  readonly containment?: Containment;
  readonly policy?: { readonly name: string; readonly revision: number };
  /** The arguments to call with, when enforced redactions or transforms changed them. */
  readonly arguments?: { readonly value: unknown; readonly paths: readonly string[] };
  /** Redactions of the result, to apply after the call, in rule order. */
  readonly resultRedactions: readonly Redaction[];
  /** With `escalate`: how long to wait for a person and what happens when nobody answers. */
  readonly escalation?: {
    readonly ttlMillis: number;
    readonly onExpiry: 'block' | 'allow';
    readonly approvers?: readonly string[];
  };
}
