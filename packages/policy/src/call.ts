import type {
  Containment,
  DecisionSource,
  MatchedRule,
  ReversibilityClass,
  Verdict,
} from '@aftertrace/schema';

import type { DecisionEffects } from './policy-state.ts';
import type { ResultChange } from './result-changes.ts';

/** A proposed tool call, as policy sees it. */
export interface ProposedCall {
  readonly agent: string;
  readonly tool: string;
  /** A value, or JSON text of one: predicates and pointers look into both. */
  readonly arguments: unknown;
  readonly agentVersion?: string | undefined;
  /** The model that was asked for, as the framework names it. */
  readonly model?: string | undefined;
  readonly promptDigest?: string | undefined;
  readonly toolsDigest?: string | undefined;
  readonly tenant?: string | undefined;
  readonly conversation?: string | undefined;
  readonly run?: string | undefined;
  /** What the tool can do, for containments by capability. Absent: such containments do not apply. */
  readonly capabilities?: readonly string[] | undefined;
  /** Absent counts as writing: only `read_only` passes a quarantine. */
  readonly reversibility?: ReversibilityClass | undefined;
}

/** What the engine decided. A value: doing it is the guard's work. */
export interface PolicyDecision {
  /** The strongest verdict of all that matched, shadow or not: what would be done if everything were enforced. */
  readonly verdict: Verdict;
  /** What is to be done now: the strongest verdict of what is enforced; shadow acts as `allow`. */
  readonly action: Verdict;
  readonly source: DecisionSource;
  /** The rule behind `action`, or behind `verdict` where the action is `allow`; absent where a containment decided. */
  readonly rule?: string;
  /** Every rule and containment that matched, the deciding one first, then by precedence. */
  readonly rules: readonly MatchedRule[];
  /** For the model and for people; never contains argument values. */
  readonly reason?: string;
  /** The containment that stopped the call. */
  readonly containment?: Containment;
  readonly policy?: { readonly name: string; readonly revision: number };
  /** The arguments to call with, when enforced redactions or transforms changed them. */
  readonly arguments?: { readonly value: unknown; readonly paths: readonly string[] };
  /** What is taken out of the result or set in it after the call, in rule order (`applyResultChanges`). */
  readonly resultRedactions: readonly ResultChange[];
  /** With `escalate`: how long to wait for a person and what happens when nobody answers. */
  readonly escalation?: {
    readonly ttlMillis: number;
    readonly onExpiry: 'block' | 'allow';
    /** Who may answer, by id or role; absent: anybody. */
    readonly approvers?: readonly string[];
    /** Approvers that other rules which escalate the same call name: who answers is among those of each. */
    readonly furtherApprovers?: readonly (readonly string[])[];
  };
  /** The class to which enforced rules raised what is known of the tool. */
  readonly reversibility?: ReversibilityClass;
  /** What is to be kept if the call goes on; absent where there is nothing, and where it is refused. */
  readonly effects?: DecisionEffects;
  /** Rules that could not be evaluated; what then happened is their `onError`. */
  readonly unevaluated?: readonly string[];
}
