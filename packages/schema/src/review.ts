import { z } from 'zod';

import { EvidenceRef, Severity } from './finding.ts';
import { IncidentState } from './incident.ts';
import { Timestamp } from './time.ts';

/** Links from a timeline row to what proves it. */
export const ReviewEvidence = EvidenceRef.extend({
  /** Path of the trajectory file relative to the data directory. */
  file: z.string().optional(),
  /** Line number from 1. */
  line: z.int().positive().optional(),
  /** Address that opens the span, where a trace viewer is configured. */
  url: z.string().optional(),
});
export type ReviewEvidence = z.infer<typeof ReviewEvidence>;

export const TimelineRow = z.strictObject({
  at: Timestamp,
  /** `fact`: a record says so. `inference`: this program or a person concluded it. */
  kind: z.enum(['fact', 'inference']),
  source: z.enum(['span', 'decision', 'override', 'containment', 'incident', 'policy', 'run']),
  actor: z.string(),
  text: z.string(),
  evidence: z.array(ReviewEvidence),
});
export type TimelineRow = z.infer<typeof TimelineRow>;

export const CorrectiveAction = z.strictObject({
  id: z.string(),
  text: z.string(),
  type: z.enum(['prevent', 'detect', 'mitigate', 'process']),
  owner: z.string().optional(),
  due: Timestamp.optional(),
  verification: z.string().optional(),
  status: z.enum(['proposed', 'open', 'done', 'verified', 'risk_accepted']),
  /** Written by this program and not yet confirmed by a person. */
  generated: z.boolean().optional(),
});
export type CorrectiveAction = z.infer<typeof CorrectiveAction>;

/** Something that helped the incident to happen; never "the" root cause. */
export const ContributingFactor = z.strictObject({
  category: z.enum([
    'model',
    'prompt_context',
    'tool_api',
    'retrieval_memory',
    'policy_permission',
    'orchestration_loop',
    'human_process',
    'upstream_change',
  ]),
  text: z.string(),
  generated: z.boolean(),
});
export type ContributingFactor = z.infer<typeof ContributingFactor>;

/** The post-incident record. Generated text is marked `generated` until a person confirms it. */
export const Review = z.strictObject({
  v: z.literal(1),
  incident: z.string(),
  title: z.string(),
  severity: Severity,
  incidentState: IncidentState,
  status: z.enum(['draft', 'in_review', 'reviewed', 'closed']),
  generatedAt: Timestamp,
  agent: z.strictObject({
    name: z.string(),
    versions: z.array(z.string()),
    models: z.array(z.string()),
    policyRevisions: z.array(z.int()),
  }),
  summary: z.strictObject({ text: z.string(), generated: z.boolean() }),
  impact: z.strictObject({
    findings: z.int().nonnegative(),
    runs: z.int().nonnegative(),
    conversations: z.int().nonnegative(),
    failedRuns: z.int().nonnegative(),
    durationMillis: z.number().nonnegative(),
  }),
  detection: z.strictObject({
    detector: z.string(),
    rule: z.string().optional(),
    firstSeen: Timestamp,
    detectedAt: Timestamp,
    delayMillis: z.number().nonnegative(),
    /** Failures of this incident whose span status said nothing was wrong. */
    failuresWithCleanSpan: z.int().nonnegative(),
  }),
  timeline: z.array(TimelineRow),
  firstFailingStep: z
    .strictObject({
      trajectoryId: z.string(),
      stepId: z.int().positive(),
      tool: z.string().optional(),
    })
    .optional(),
  lastGoodStep: z.strictObject({ trajectoryId: z.string(), stepId: z.int().positive() }).optional(),
  containments: z.array(z.record(z.string(), z.unknown())),
  overrides: z.array(z.record(z.string(), z.unknown())),
  contributingFactors: z.array(ContributingFactor).optional(),
  correctiveActions: z.array(CorrectiveAction),
  /** Whether the recorded runs hold what a replay needs, and why not. */
  reproducibility: z
    .strictObject({ replayableRuns: z.int().nonnegative(), runs: z.int().nonnegative() })
    .optional(),
  similarIncidents: z
    .array(z.strictObject({ id: z.string(), title: z.string(), state: IncidentState }))
    .optional(),
  /** When people became aware (clocks of reporting duties start here), and what was sent where. */
  awareAt: Timestamp.optional(),
  communications: z
    .array(z.strictObject({ at: Timestamp, destination: z.string(), status: z.string() }))
    .optional(),
  signOffs: z
    .array(z.strictObject({ at: Timestamp, actor: z.string(), by: z.string(), reason: z.string() }))
    .optional(),
  evidence: z.array(ReviewEvidence),
  /** What is known not to have been recorded. */
  gaps: z.array(z.string()),
});
export type Review = z.infer<typeof Review>;
