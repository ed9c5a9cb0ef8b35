import { z } from 'zod';

import { Actor } from './actor.ts';
import { EvidenceRef, Severity } from './finding.ts';
import { Timestamp } from './time.ts';
import { FailureClass } from './tool-outcome.ts';

export const IncidentState = z.enum([
  'triage',
  'open',
  'contained',
  'resolved',
  'review',
  'closed',
  'dismissed',
  'merged',
]);
export type IncidentState = z.infer<typeof IncidentState>;

export const IncidentEventType = z.enum([
  'opened',
  'finding',
  'transition',
  'note',
  'run_linked',
  'containment_linked',
  'override_linked',
  'severity_changed',
  'owner_changed',
  'notified',
  'notification_failed',
]);
export type IncidentEventType = z.infer<typeof IncidentEventType>;

/** One fact in an incident's life; the state is a fold over them. Chained as the ledger is. */
export const IncidentEvent = z.strictObject({
  seq: z.int().nonnegative(),
  at: Timestamp,
  actor: Actor,
  type: IncidentEventType,
  from: IncidentState.optional(),
  to: IncidentState.optional(),
  /** Required for every transition that a person makes. */
  reason: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
  prevHash: z.string(),
  hash: z.string(),
});
export type IncidentEvent = z.infer<typeof IncidentEvent>;

export const Incident = z.strictObject({
  id: z.string(),
  title: z.string(),
  state: IncidentState,
  severity: Severity,
  fingerprint: z.string(),
  class: FailureClass.optional(),
  kind: z.string(),
  detectedBy: z.strictObject({
    detector: z.string(),
    version: z.string(),
    rule: z.string().optional(),
  }),
  firstSeen: Timestamp,
  detectedAt: Timestamp,
  /** Set when a person, or a plan in a person's name, moves it to `open`; clocks start here. */
  awareAt: Timestamp.optional(),
  lastSeen: Timestamp,
  count: z.int().positive(),
  agent: z.string(),
  tool: z.string().optional(),
  environment: z.string().optional(),
  owner: z.string().optional(),
  runs: z.array(z.string()),
  trajectories: z.array(z.string()),
  conversations: z.array(z.string()),
  containments: z.array(z.string()),
  overrides: z.array(z.string()),
  evidence: z.array(EvidenceRef),
  destinations: z.record(
    z.string(),
    z.strictObject({ lastStatus: z.string(), at: Timestamp, externalId: z.string().optional() }),
  ),
  events: z.array(IncidentEvent),
});
export type Incident = z.infer<typeof Incident>;
