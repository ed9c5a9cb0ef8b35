import { z } from 'zod';

import { RuleMode, Verdict } from './decision.ts';
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

export const RuleMatch = z.strictObject({
  agent: NamePattern.optional(),
  tool: NamePattern.optional(),
  arguments: z.array(ValuePredicate).optional(),
  result: z.array(ValuePredicate).optional(),
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
});
export type RuleWith = z.infer<typeof RuleWith>;

/** A case that the rule must decide as stated; run by `policy check` and at publishing. */
export const RuleTest = z.strictObject({
  name: z.string(),
  call: z.strictObject({
    agent: z.string().default('agent'),
    tool: z.string(),
    arguments: z.unknown(),
    /** What the tool returned, for rules with result predicates. */
    result: z.unknown().optional(),
  }),
  expect: Verdict,
});
export type RuleTest = z.infer<typeof RuleTest>;

export const ReversibilityClass = z.enum([
  'read_only',
  'reversible',
  'externally_reversible',
  'irreversible',
]);
export type ReversibilityClass = z.infer<typeof ReversibilityClass>;

export const PolicyRule = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._-]{0,99}$/,
      'a rule id is lower-case letters, digits, ".", "_" and "-"',
    ),
  description: z.string().optional(),
  match: RuleMatch,
  verdict: Verdict,
  with: RuleWith.optional(),
  /** New rules start in `shadow` unless they say otherwise. */
  mode: RuleMode.default('shadow'),
  /** What happens when the rule cannot be evaluated. */
  onError: z.enum(['allow', 'block']).default('allow'),
  reversibility: ReversibilityClass.optional(),
  tests: z.array(RuleTest).optional(),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

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
  /** What is known of tools of one's own: the judgement of their calls asks these before the profiles that are shipped. */
  profiles: ToolProfilesConfig.exactOptional(),
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
