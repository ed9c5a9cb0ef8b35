import { z } from 'zod';

import { Timestamp } from './time.ts';

/** What policy, a containment or a person said about a proposed call. */
export const Verdict = z.enum([
  'allow',
  'flag',
  'block',
  'redact',
  'transform',
  'escalate',
  'quarantine',
]);
export type Verdict = z.infer<typeof Verdict>;

export const DecisionSource = z.enum(['policy', 'containment', 'human', 'framework', 'default']);
export type DecisionSource = z.infer<typeof DecisionSource>;

export const RuleMode = z.enum(['enforce', 'shadow']);
export type RuleMode = z.infer<typeof RuleMode>;

/** A rule or containment that matched, in the order of precedence; the deciding one stands first. */
export const MatchedRule = z.strictObject({
  id: z.string(),
  verdict: Verdict,
  mode: RuleMode,
});
export type MatchedRule = z.infer<typeof MatchedRule>;

export const Decision = z.strictObject({
  id: z.string(),
  at: Timestamp,
  verdict: Verdict,
  /** What was done: in shadow it is `allow`. */
  action: Verdict,
  source: DecisionSource,
  /** Id of the deciding rule. */
  rule: z.string().optional(),
  rules: z.array(MatchedRule),
  reason: z.string().optional(),
  containment: z.string().optional(),
  policy: z.strictObject({ name: z.string(), revision: z.int().nonnegative() }).optional(),
  agent: z.string(),
  tool: z.string(),
  /** SHA-256 over {agent, tool, arguments, run}; only on decisions that are recorded. */
  actionDigest: z.string().optional(),
  /** `false`: evaluated and not executed. */
  executed: z.boolean().optional(),
  run: z.string().optional(),
  conversation: z.string().optional(),
  toolCallId: z.string().optional(),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
});
export type Decision = z.infer<typeof Decision>;
