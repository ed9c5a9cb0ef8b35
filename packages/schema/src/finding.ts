import { z } from 'zod';

import { Timestamp } from './time.ts';
import { FailureClass } from './tool-outcome.ts';

export const FindingKind = z.enum([
  'tool_failure',
  'decision',
  'override',
  'loop',
  'run_failure',
  'circuit_open',
]);
export type FindingKind = z.infer<typeof FindingKind>;

/** sev1 is the worst. */
export const Severity = z.enum(['sev1', 'sev2', 'sev3', 'sev4']);
export type Severity = z.infer<typeof Severity>;

/** Where the proof is: ids that a person or a program can open. */
export const EvidenceRef = z.strictObject({
  traceId: z.string().optional(),
  spanId: z.string().optional(),
  /** Known once the run's line is written. */
  trajectoryId: z.string().optional(),
  stepId: z.int().positive().optional(),
  /** Ledger sequence number. */
  ledgerSeq: z.int().nonnegative().optional(),
});
export type EvidenceRef = z.infer<typeof EvidenceRef>;

/** One observation that may belong to an incident; made as telemetry arrives, not when the run ends. */
export const Finding = z.strictObject({
  /** Deterministic where its source is (a span, an event), so that a replay makes no second finding. */
  id: z.string(),
  at: Timestamp,
  kind: FindingKind,
  detector: z.strictObject({ id: z.string(), version: z.string() }),
  run: z.string().optional(),
  conversation: z.string().optional(),
  agent: z.string(),
  environment: z.string().optional(),
  tool: z.string().optional(),
  class: FailureClass.optional(),
  /** The rule of detection or of policy that fired. */
  rule: z.string().optional(),
  /** What makes two findings the same problem; the fingerprint is a digest over these, in order. */
  fingerprintParts: z.array(z.string()),
  severityHint: Severity,
  evidence: z.array(EvidenceRef),
  /** One sentence for a person, without message content. */
  summary: z.string(),
  value: z.number().optional(),
  baseline: z.number().optional(),
});
export type Finding = z.infer<typeof Finding>;
