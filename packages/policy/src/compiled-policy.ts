import type {
  BreakerMatch,
  LimitMatch,
  PinnedVersions,
  Redaction,
  ReversibilityClass,
  RuleMode,
  ToolProfileConfig,
  Transform,
  Verdict,
} from '@aftertrace/schema';

import type { PolicyDecision } from './call.ts';
import type { NameIndex } from './name-index.ts';
import type { RuleContext } from './rule-context.ts';

/** A test of a value, compiled. May throw for hostile values: the engine then applies the rule's `onError`. */
export type ValueTest = (root: unknown) => boolean;

/** A test of everything that is known when a call is decided. May throw, as a `ValueTest`. */
export type Condition = (context: RuleContext, shadow: boolean) => boolean;

/** A limit of a rule; `amountOf` is what a call uses up, and throws where that cannot be said. */
export interface CompiledLimit {
  readonly limit: LimitMatch;
  readonly amountOf: (argumentsView: unknown) => number;
}

/** What a bundle knows of a tool. */
export interface CompiledToolFacts {
  readonly reversibility: ReversibilityClass | undefined;
  readonly capabilities: readonly string[];
}

/**
 * A rule, ready to be evaluated. What every decision reads stands first: among ten thousand rules, what a decision costs is
 * how much memory it has to fetch.
 */
export interface CompiledRule {
  /** All that is asked of a call, but for limits and circuits. May throw, as a `ValueTest`. */
  readonly holds: Condition;
  readonly mode: RuleMode;
  /** Asked when all else holds. */
  readonly limit: CompiledLimit | undefined;
  /** Asked when all else holds. */
  readonly breaker: BreakerMatch | undefined;
  readonly id: string;
  /** Position in the bundle, from 0: redactions and transforms compose in this order. */
  readonly order: number;
  readonly verdict: Verdict;
  readonly onError: 'allow' | 'block';
  /** What the model and people are told. */
  readonly reason: string;
  readonly argumentTests: readonly ValueTest[];
  /** More than tests of arguments and results looks at their values: an expression, or a sum. */
  readonly looksFurther: boolean;
  /** Versions that it demands: it holds where one of them is not known of a call. */
  readonly pinned: readonly (keyof PinnedVersions)[];
  /** Not empty: the rule is about results, and is asked after the call (`decideResult`). */
  readonly resultTests: readonly ValueTest[];
  /** Set on the conversation when a call that matches is made. */
  readonly labels: readonly string[];
  readonly argumentRedactions: readonly Redaction[];
  readonly resultRedactions: readonly Redaction[];
  /** In the arguments. */
  readonly transforms: readonly Transform[];
  readonly resultTransforms: readonly Transform[];
  readonly ttlMillis: number;
  readonly onExpiry: 'block' | 'allow';
  readonly approvers: readonly string[] | undefined;
  readonly reversibility: ReversibilityClass | undefined;
}

/** Rules by what they name: a tool; else a capability; else an agent; rules that name nothing are in `byTool.any`. */
export interface RuleIndex {
  readonly byTool: NameIndex<CompiledRule>;
  readonly byAgent: NameIndex<CompiledRule>;
  /** Absent: no rule is found by a capability. */
  readonly byCapability?: NameIndex<CompiledRule>;
}

/** A bundle, compiled and frozen: plain data and closures, safe to swap between two calls. */
export interface CompiledPolicy {
  readonly name: string;
  readonly revision: number;
  /** All rules in bundle order, for listings. */
  readonly rules: readonly CompiledRule[];
  /** Rules asked before a call. */
  readonly callRules: RuleIndex;
  /** Rules asked after a call. */
  readonly resultRules: RuleIndex;
  /** What those who govern know of tools; undefined: nothing. */
  readonly tools: NameIndex<CompiledToolFacts> | undefined;
  /** Of tools of one's own, for whoever judges calls; replaced with the policy, as a whole. */
  readonly profiles: readonly ToolProfileConfig[];
  /** Guarded calls are refused in a process with a known framework that is not attached; the guard sees to it. */
  readonly requireAttached: boolean;
  /** Might a rule ask later whether a tool of this name was called in the conversation? */
  readonly remembersTool: (name: string) => boolean;
  /** The answer where no rule matches: one frozen object, so that the common path allocates nothing. */
  readonly allow: PolicyDecision;
}
