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

/**
 * One line of `incidents.jsonl`: an event and whose it is. The hash covers the incident's id, so that an event cannot
 * be moved from one incident to another; `prevHash` of an incident's first event is 64 zeros.
 */
export const IncidentLogLine = IncidentEvent.extend({ incident: z.string().min(1) });
export type IncidentLogLine = z.infer<typeof IncidentLogLine>;

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
  /** The first hundred; the `finding` events hold all. */
  evidence: z.array(EvidenceRef),
  /** The incident that this one was merged into. */
  duplicateOf: z.string().optional(),
  destinations: z.record(
    z.string(),
    z.strictObject({ lastStatus: z.string(), at: Timestamp, externalId: z.string().optional() }),
  ),
  events: z.array(IncidentEvent),
});
export type Incident = z.infer<typeof Incident>;

const HumanInput = z.strictObject({
  id: z.string().trim().min(1, 'an identity is required'),
  name: z.string().optional(),
  role: z.string().optional(),
});

/** What `closed` asks for: who signed the review off, and how its corrective actions stand. */
export const IncidentSignOff = z.strictObject({
  by: z.string().trim().min(1),
  /** `risk_accepted`: some are not verified, and `by` accepts that by name. */
  actions: z.enum(['verified', 'risk_accepted']),
});
export type IncidentSignOff = z.infer<typeof IncidentSignOff>;

/** What is sent to `POST /incidents/v1/{id}/transitions`. */
export const IncidentTransitionInput = z.strictObject({
  to: IncidentState,
  actor: HumanInput,
  reason: z.string().trim().min(1, 'a reason is required'),
  /** With `merged`: the incident that goes on. */
  mergedInto: z.string().min(1).optional(),
  /** With `closed`. */
  signOff: IncidentSignOff.optional(),
});
export type IncidentTransitionInput = z.infer<typeof IncidentTransitionInput>;

/** What is sent to `POST /incidents/v1/{id}/notes`. */
export const IncidentNoteInput = z.strictObject({
  actor: HumanInput,
  text: z.string().trim().min(1, 'a note needs a text').max(10_000),
});
export type IncidentNoteInput = z.infer<typeof IncidentNoteInput>;
