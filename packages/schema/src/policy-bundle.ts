import { z } from 'zod';

import { RuleMode, Verdict } from './decision.ts';
import { FailureClass } from './tool-outcome.ts';
import { ToolProfilesConfig } from './tool-profile.ts';

/** A JSON scalar, as it may stand in tool arguments. */
export const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type Scalar = z.infer<typeof Scalar>;

/** A test of one value in the arguments (or the result), found by JSON pointer. All given tests must hold. */
export const ValuePredicate = z
  .strictObject({
    /** JSON pointer (RFC 6901) into the arguments; `''` is the whole value. */
    pointer: z.string().regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'not a JSON pointer (RFC 6901)'),
    exists: z.boolean().optional(),
    equals: Scalar.optional(),
    in: z.array(Scalar).min(1).optional(),
    above: z.number().optional(),
    below: z.number().optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    /** JSON's own word for what the value is; `integer` is a number without a fraction. */
    type: z.enum(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object']).optional(),
    /**
     * A regular expression in RE2's syntax, found anywhere in a string value (`^` and `$` anchor it); it takes time linear
     * in the text. `(?i)` in front ignores case.
     */
    pattern: z.string().min(1).max(1_000).optional(),
    /** Case-insensitive substring of a string value; any of them is enough. */
    contains: z.array(z.string().min(1)).min(1).optional(),
  })
  .refine((predicate) => Object.keys(predicate).length > 1, {
    message: 'a predicate needs at least one test',
  });
export type ValuePredicate = z.infer<typeof ValuePredicate>;

/** Names may end in `*` (prefix match); a list means any of them. Absent: any. */
export const NamePattern = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
export type NamePattern = z.infer<typeof NamePattern>;

/** How far an action can be undone, from the least to the most grave. */
export const ReversibilityClass = z.enum([
  'read_only',
  'reversible',
  'externally_reversible',
  'irreversible',
]);
export type ReversibilityClass = z.infer<typeof ReversibilityClass>;

/** A name of a label that rules set on a conversation, for example `untrusted_web`. */
export const LabelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a label is lower-case letters, digits, ".", "_" and "-"');
export type LabelName = z.infer<typeof LabelName>;

/** A range of a count; both ends, where given, must hold. */
export const CountRange = z
  .strictObject({
    above: z.int().nonnegative().optional(),
    below: z.int().positive().optional(),
  })
  .refine((range) => Object.keys(range).length > 0, { message: 'needs above, below, or both' });
export type CountRange = z.infer<typeof CountRange>;

/**
 * The versions that are demanded: the test holds where any given one differs from what acts, or is not known of it. A
 * rule that blocks therefore lets only these versions act.
 */
export const PinnedVersions = z
  .strictObject({
    agentVersion: NamePattern.optional(),
    model: NamePattern.optional(),
    promptDigest: NamePattern.optional(),
    toolsDigest: NamePattern.optional(),
  })
  .refine((pinned) => Object.keys(pinned).length > 0, { message: 'names no version' });
export type PinnedVersions = z.infer<typeof PinnedVersions>;

/** How grave the call is, or all that its conversation did together with it: a chain takes its highest class. */
export const ReversibilityMatch = z.strictObject({
  atLeast: ReversibilityClass,
  /** `chain`: the highest of the conversation's calls and this one. A call of which nothing is known is irreversible. */
  of: z.enum(['call', 'chain']).default('call'),
});
export type ReversibilityMatch = z.infer<typeof ReversibilityMatch>;

/** What the conversation did before this call, as far as this process saw it. All given tests must hold. */
export const ConversationMatch = z
  .strictObject({
    /** It has any of these labels. */
    labels: z.array(LabelName).min(1).optional(),
    /** It has none of these labels. */
    withoutLabels: z.array(LabelName).min(1).optional(),
    /** Any of these tools was called. */
    afterTools: NamePattern.optional(),
    /** None of these tools was called: what must come first did not. */
    withoutTools: NamePattern.optional(),
    /** Calls that were made. */
    calls: CountRange.optional(),
    /** Calls that failed. */
    failures: CountRange.optional(),
    /** Calls that were refused. */
    refusals: CountRange.optional(),
  })
  .refine((match) => Object.keys(match).length > 0, { message: 'needs at least one test' });
export type ConversationMatch = z.infer<typeof ConversationMatch>;

/** A rate or a budget: holds for the call that would go beyond it. Calls that are refused are not counted. */
export const LimitMatch = z.strictObject({
  /** Calls, or with `sumOf` the sum of a number in their arguments. */
  atMost: z.number().nonnegative(),
  /** In any stretch of this many milliseconds; absent: for as long as the run or the conversation lasts. */
  withinMillis: z.int().min(1_000).optional(),
  /** Whose calls are counted together. `agent` and `process` count within one process. */
  per: z.enum(['run', 'conversation', 'agent', 'process']).default('conversation'),
  /** JSON pointer (RFC 6901) to a number in the arguments. What is negative counts as nothing. */
  sumOf: z
    .string()
    .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'not a JSON pointer (RFC 6901)')
    .optional(),
});
export type LimitMatch = z.infer<typeof LimitMatch>;

/**
 * A circuit breaker: holds while the tool's circuit is open. So many failures within the time open it; after
 * `openMillis` so many probes are let through; it closes when they succeed, and opens again when one fails.
 */
export const BreakerMatch = z.strictObject({
  failures: z.int().min(1).max(1_000),
  withinMillis: z.int().positive(),
  openMillis: z.int().positive(),
  /** Calls that are tried, and must succeed, before it closes. */
  probes: z.int().min(1).max(100).default(1),
  /** One circuit for each tool and agent, or for each tool, of a process. */
  per: z.enum(['agent', 'process']).default('agent'),
  /** Failures of these classes count; absent: of all. */
  classes: z.array(FailureClass).min(1).optional(),
  /** Failures that only the text tells of count, too. */
  countLikely: z.boolean().default(false),
});
export type BreakerMatch = z.infer<typeof BreakerMatch>;

/** All that is given must hold. */
export const RuleMatch = z.strictObject({
  agent: NamePattern.optional(),
  tool: NamePattern.optional(),
  /** Something that the tool can do, as it says of itself or the bundle's `tools` say. Of a tool of which nothing is known: does not hold. */
  capability: NamePattern.optional(),
  arguments: z.array(ValuePredicate).optional(),
  result: z.array(ValuePredicate).optional(),
  pinned: PinnedVersions.optional(),
  reversibility: ReversibilityMatch.optional(),
  conversation: ConversationMatch.optional(),
  limit: LimitMatch.optional(),
  breaker: BreakerMatch.optional(),
});
export type RuleMatch = z.infer<typeof RuleMatch>;

/** Replace what a pointer finds, or every secret and every personal detail of a kind in the strings below it. */
export const Redaction = z.strictObject({
  in: z.enum(['arguments', 'result']).default('arguments'),
  pointer: z.string(),
  /** What to look for below the pointer; absent: the whole value is replaced. */
  detect: z
    .array(z.enum(['email', 'card', 'secret', 'iban', 'phone']))
    .min(1)
    .optional(),
  replacement: z.string().default('[REDACTED]'),
});
export type Redaction = z.infer<typeof Redaction>;

/** Set a value in the arguments before the call. */
export const Transform = z.strictObject({
  pointer: z.string(),
  set: z.union([Scalar, z.array(Scalar)]),
});
export type Transform = z.infer<typeof Transform>;

export const RuleWith = z.strictObject({
  /** Shown to the model when a call is refused. */
  message: z.string().optional(),
  redactions: z.array(Redaction).optional(),
  transforms: z.array(Transform).optional(),
  approvers: z.array(z.string()).optional(),
  /** How long an escalated call waits for a person, in milliseconds; then `onExpiry` happens. Default 10 minutes. */
  ttlMillis: z.int().positive().optional(),
  /** What happens to an escalated call when nobody answered. Default `block`. */
  onExpiry: z.enum(['block', 'allow']).optional(),
  /** Set on the conversation when a call that the rule matches is made, for `match.conversation` of later ones. */
  labels: z.array(LabelName).min(1).max(16).optional(),
});
export type RuleWith = z.infer<typeof RuleWith>;

/** What a case takes as having happened before. */
export const RuleTestGiven = z.strictObject({
  labels: z.array(LabelName).optional(),
  /** Tools that were called, each as often as it stands here. */
  tools: z.array(z.string()).optional(),
  failures: z.int().nonnegative().optional(),
  refusals: z.int().nonnegative().optional(),
  /** Highest class of the calls before. */
  reversibility: ReversibilityClass.optional(),
  /** What was counted for `match.limit`: calls, or the sum. */
  used: z.number().nonnegative().optional(),
  /** The state of the circuit of `match.breaker`. */
  circuit: z.enum(['closed', 'open', 'half_open']).optional(),
});
export type RuleTestGiven = z.infer<typeof RuleTestGiven>;

/** A case that the rule must decide as stated; run by `policy check` and at publishing. */
export const RuleTest = z.strictObject({
  name: z.string(),
  call: z.strictObject({
    agent: z.string().default('agent'),
    tool: z.string(),
    arguments: z.unknown().optional(),
    /** What the tool returned, for rules with result predicates. */
    result: z.unknown().optional(),
    agentVersion: z.string().optional(),
    tenant: z.string().optional(),
    model: z.string().optional(),
    promptDigest: z.string().optional(),
    toolsDigest: z.string().optional(),
    capabilities: z.array(z.string()).optional(),
    reversibility: ReversibilityClass.optional(),
  }),
  /** What was before the call; absent: nothing. */
  given: RuleTestGiven.optional(),
  expect: Verdict,
});
export type RuleTest = z.infer<typeof RuleTest>;

export const PolicyRule = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._-]{0,99}$/,
      'a rule id is lower-case letters, digits, ".", "_" and "-"',
    ),
  description: z.string().optional(),
  match: RuleMatch,
  /**
   * A condition in CEL for what `match` cannot say, asked last. Its names: `call`, `arguments`, `result` (of rules about
   * results), `conversation`, `run`, `now`.
   */
  when: z.string().min(1).max(4_000).optional(),
  verdict: Verdict,
  with: RuleWith.optional(),
  /** New rules start in `shadow` unless they say otherwise. */
  mode: RuleMode.default('shadow'),
  /** What happens when the rule cannot be evaluated. */
  onError: z.enum(['allow', 'block']).default('allow'),
  /** Of the calls that it matches: raises what is known of the tool, never lowers it. */
  reversibility: ReversibilityClass.optional(),
  tests: z.array(RuleTest).optional(),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

/** What those who govern know of tools. It stands above what a tool says of itself. */
export const ToolFacts = z
  .strictObject({
    tool: NamePattern,
    /** Where several entries name a tool, the gravest class holds. */
    reversibility: ReversibilityClass.optional(),
    /** What it can do, for containments by capability; added to what it declares. */
    capabilities: z.array(z.string().min(1)).min(1).optional(),
  })
  .refine((facts) => facts.reversibility !== undefined || facts.capabilities !== undefined, {
    message: 'says nothing of the tool: give reversibility, capabilities, or both',
  });
export type ToolFacts = z.infer<typeof ToolFacts>;

/** One key's signature under a bundle. */
export const BundleSignature = z.strictObject({
  /** `ed25519:` and the first 32 hexadecimal digits of SHA-256 over the public key's SPKI DER. */
  keyId: z.string().regex(/^ed25519:[0-9a-f]{32}$/, 'not a key id (ed25519: and 32 hex digits)'),
  algorithm: z.literal('ed25519'),
  /**
   * Base64 of Ed25519 over `aftertrace.policy-bundle.v1`, a line feed, and the RFC 8785 form of the bundle as it is
   * written, without `signatures`. As written: what a version adds by default must not break a signature.
   */
  signature: z.base64(),
});
export type BundleSignature = z.infer<typeof BundleSignature>;

/** Of one bundle. */
const MAX_SIGNATURES = 16;

/** A policy bundle, as it is written in a file and published. */
export const PolicyBundle = z.strictObject({
  name: z.string().min(1),
  /** Grows with every publication; an agent never goes back to a smaller one. */
  revision: z.int().nonnegative(),
  rules: z.array(PolicyRule),
  /** What those who govern know of tools. */
  tools: z.array(ToolFacts).exactOptional(),
  /** What is known of tools of one's own: the judgement of their calls asks these before the profiles that are shipped. */
  profiles: ToolProfilesConfig.exactOptional(),
  /**
   * Where a known framework is loaded and could not be attached to, every guarded tool call of that process is refused:
   * calls of that framework would pass unseen beside them. Default: false.
   */
  requireAttached: z.boolean().exactOptional(),
  /** Of everything else in the bundle. Several, so that agents with an older and with a newer key take it. */
  signatures: z.array(BundleSignature).max(MAX_SIGNATURES).exactOptional(),
});
export type PolicyBundle = z.infer<typeof PolicyBundle>;
/** What a person writes: fields with defaults may be left out. */
export type PolicyBundleInput = z.input<typeof PolicyBundle>;

/**
 * A bundle as it was written, on its way: what a signature covers, and what the ledger and the stream carry. Not looked
 * into further; whoever acts on it compiles it.
 */
export const WrittenBundle = z.looseObject({
  name: z.string().min(1),
  revision: z.int().nonnegative(),
  rules: z.array(z.unknown()),
  signatures: z.array(BundleSignature).max(MAX_SIGNATURES).exactOptional(),
});
export type WrittenBundle = z.infer<typeof WrittenBundle>;
