import { z } from 'zod';

import { Actor } from './actor.ts';
import { Containment, MAX_STOPPED_WORK, RedeploymentRecord, StoppedWork } from './containment.ts';
import { Decision } from './decision.ts';
import { EffectReport } from './effect.ts';
import { Override, OverrideDecision } from './override.ts';
import { WrittenBundle } from './policy-bundle.ts';
import type { CompensationOrder } from './rollback.ts';
import { Timestamp } from './time.ts';

/**
 * The control protocol, version 1: server-sent events from companion to agent, JSON requests back.
 * Every event carries the whole of what it is about, so that a lost one is healed by the next.
 */

/** The longest name of a process that a companion takes: it keeps every one that it has heard of, and writes it down. */
export const MAX_INSTANCE_CHARS = 200;
/** The longest name of an agent that a companion takes from a process. */
export const MAX_AGENT_CHARS = 512;

const InstanceName = z.string().min(1).max(MAX_INSTANCE_CHARS);
const AgentName = z.string().min(1).max(MAX_AGENT_CHARS);

/** Everything that an agent must know, at a revision that grows with every change. */
export const ControlState = z.strictObject({
  revision: z.int().nonnegative(),
  /** Absent: no policy has been published. Not validated here: the agent's compiler refuses a bad bundle whole. */
  policy: WrittenBundle.optional(),
  /** Those that apply to this agent and are neither released nor expired. */
  containments: z.array(Containment),
  /**
   * Milliseconds over which processes spread their acknowledgements, so that a thousand of them do not answer before all
   * have it in force. Absent: answer at once. An agent may ignore it.
   */
  ackSpreadMillis: z.int().positive().optional(),
});
export type ControlState = z.infer<typeof ControlState>;

/** A person's answer to an escalated call, as the agent gets it. */
export const ApprovalAnswer = z.strictObject({
  revision: z.int().nonnegative(),
  approval: z.string(),
  instance: z.string(),
  /** Valid for this digest only, once. */
  actionDigest: z.string(),
  override: Override,
  /** New arguments, with `modify` only. */
  arguments: z.unknown().optional(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;

/** The events on `GET /control/v1/stream`, by their SSE `event` name. */
export type ControlEvent =
  | { readonly event: 'state'; readonly data: ControlState }
  | { readonly event: 'approval'; readonly data: ApprovalAnswer }
  | { readonly event: 'compensation'; readonly data: CompensationOrder }
  | { readonly event: 'heartbeat'; readonly data: { readonly at: string } };

/** Agent to companion: this revision is in force in this process since then. */
export const Ack = z.strictObject({
  instance: InstanceName,
  agent: AgentName,
  revision: z.int().nonnegative(),
  inForceSince: Timestamp,
  policyRevision: z.int().nonnegative().optional(),
  /** Containments that this process now enforces. */
  containments: z.array(
    z.object({
      id: z.string(),
      aborted: z.int().nonnegative(),
      stopped: z.array(StoppedWork).max(MAX_STOPPED_WORK).optional(),
    }),
  ),
  /** Tools of which this process knows how to undo a call; at most 1,000 are told. */
  compensates: z.array(z.string()).max(1000).optional(),
  /** Known frameworks that are loaded in this process and not attached to, as `openai 8.0.0`; at most 100 are told. */
  unattached: z.array(z.string().max(300)).max(100).optional(),
  /** Why a bundle was refused; the earlier one stays in force. */
  refused: z
    .strictObject({ policyRevision: z.int().nonnegative(), problems: z.array(z.string()) })
    .optional(),
});
export type Ack = z.infer<typeof Ack>;

/** What an agent must prove and telemetry may lose. `seq` grows by one an instance, so that a gap shows. */
export const EvidenceRecord = z.discriminatedUnion('type', [
  z.strictObject({ seq: z.int().nonnegative(), type: z.literal('decision'), data: Decision }),
  z.strictObject({ seq: z.int().nonnegative(), type: z.literal('override'), data: Override }),
  z.strictObject({
    seq: z.int().nonnegative(),
    type: z.literal('override.outcome'),
    data: z.strictObject({
      override: z.string(),
      status: z.enum(['succeeded', 'failed', 'not_executed', 'expired']),
      at: Timestamp,
      detail: z.string().optional(),
    }),
  }),
  z.strictObject({ seq: z.int().nonnegative(), type: z.literal('effect'), data: EffectReport }),
]);
export type EvidenceRecord = z.infer<typeof EvidenceRecord>;

export const EvidenceBatch = z.strictObject({
  instance: InstanceName,
  agent: AgentName,
  records: z.array(EvidenceRecord).min(1).max(1000),
});
export type EvidenceBatch = z.infer<typeof EvidenceBatch>;

/** A call that waits for a person. */
export const ApprovalRequest = z.strictObject({
  id: z.string().min(1),
  instance: InstanceName,
  agent: z.string().min(1),
  tool: z.string().min(1),
  /** What the tool would be called with; shown to the person who decides. */
  arguments: z.unknown(),
  actionDigest: z.string(),
  rule: z.string().optional(),
  reason: z.string().optional(),
  /** Who may answer, by id or role; absent: anybody. */
  approvers: z.array(z.string()).optional(),
  /** Approvers that other rules which escalate the same call name: who answers must be among those of each. */
  furtherApprovers: z.array(z.array(z.string())).max(1000).optional(),
  policyRevision: z.int().nonnegative().optional(),
  run: z.string().optional(),
  conversation: z.string().optional(),
  toolCallId: z.string().optional(),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
  /**
   * The run goes on under its own id after a restart of its process: the question stays open while nobody is there, and
   * whoever asks it again gets the answer, once.
   */
  resumable: z.literal(true).optional(),
  requestedAt: Timestamp,
  expiresAt: Timestamp,
});
export type ApprovalRequest = z.infer<typeof ApprovalRequest>;

/** A person's answer, as it is sent to `POST /control/v1/approvals/{id}`. */
export const ApprovalDecisionInput = z.strictObject({
  decision: OverrideDecision.extract(['approve', 'modify', 'reject']),
  actor: z.strictObject({
    id: z.string().min(1),
    name: z.string().optional(),
    role: z.string().optional(),
  }),
  reason: z.string().trim().min(1, 'a reason is required'),
  arguments: z.unknown().optional(),
});
export type ApprovalDecisionInput = z.infer<typeof ApprovalDecisionInput>;

export const Approval = z.strictObject({
  request: ApprovalRequest,
  /**
   * `abandoned`: nobody waits for an answer now. Its call has been refused since, for good; or its process has been away
   * for too long, and the approval is pending again if that comes back before its time is over.
   */
  state: z.enum(['pending', 'answered', 'expired', 'abandoned']),
  override: Override.optional(),
});
export type Approval = z.infer<typeof Approval>;

/** What is sent to `POST /control/v1/containments`. */
export const ContainmentInput = z.strictObject({
  kind: Containment.shape.kind,
  scope: Containment.shape.scope,
  mode: Containment.shape.mode.default('enforce'),
  reason: z.string().trim().min(1, 'a reason is required'),
  actor: z.strictObject({
    id: z.string().min(1),
    name: z.string().optional(),
    role: z.string().optional(),
  }),
  /** Time to live in milliseconds; absent: until released. */
  ttlMillis: z.int().positive().optional(),
  drill: z.boolean().default(false),
  inFlight: z.enum(['abort', 'finish']).default('abort'),
});
export type ContainmentInput = z.input<typeof ContainmentInput>;

/** A person as requests name one; what of it was verified is for the companion to say. */
const PersonInput = z.strictObject({
  id: z.string().min(1),
  name: z.string().optional(),
  role: z.string().optional(),
});

/** What is sent to `POST /control/v1/containments/{id}/release`. */
export const ReleaseInput = z.strictObject({
  actor: PersonInput,
  reason: z.string().trim().min(1, 'a reason is required'),
  /** It stops nothing any more, and records what it would stop, until it is released again. */
  shadowFirst: z.boolean().optional(),
  /** With `shadowFirst`: after so many milliseconds it ends by itself. */
  ttlMillis: z.int().positive().optional(),
  /** Required for `retire`. */
  redeployment: RedeploymentRecord.extend({ approver: PersonInput }).optional(),
});
export type ReleaseInput = z.infer<typeof ReleaseInput>;

/** A response plan, as far as the control plane knows it: may it order containments, and in whose name. */
export const PlanSwitch = z.strictObject({
  id: z.string().min(1),
  on: z.boolean(),
  actor: Actor,
  reason: z.string().trim().min(1),
  at: Timestamp,
});
export type PlanSwitch = z.infer<typeof PlanSwitch>;

/** What is sent to `POST /control/v1/plans/{id}`. */
export const PlanSwitchInput = z.strictObject({
  on: z.boolean(),
  actor: PersonInput,
  reason: z.string().trim().min(1, 'a reason is required'),
});
export type PlanSwitchInput = z.infer<typeof PlanSwitchInput>;

/** A process with a live guard, as the companion sees it. */
export const Instance = z.strictObject({
  instance: z.string(),
  agent: z.string(),
  connectedAt: Timestamp,
  lastSeen: Timestamp,
  connected: z.boolean(),
  /** Revision last acknowledged, and since when it has been in force there. */
  acknowledged: z.int().nonnegative().optional(),
  inForceSince: Timestamp.optional(),
  policyRevision: z.int().nonnegative().optional(),
  /** What it refused last and why; absent once it has taken something over. */
  policyRefused: Ack.shape.refused,
  /** Frameworks in it whose tool calls no guard sees; absent: none is known. */
  unattached: Ack.shape.unattached,
});
export type Instance = z.infer<typeof Instance>;

/**
 * Who publishes what, as `POST /control/v1/policy` takes it: the members of a bundle as it is written, beside who and why.
 * Every other member belongs to the bundle, and is refused with it where no bundle has it.
 */
export const PolicyPublishInput = z
  .object({
    name: z.string().min(1),
    rules: z.array(z.unknown()),
    /** Has to be higher than that in force. Absent: the companion gives the next one, which no signature can cover. */
    revision: z.int().nonnegative().optional(),
    actor: z.strictObject({
      id: z.string().min(1),
      name: z.string().optional(),
      role: z.string().optional(),
    }),
    reason: z.string().trim().min(1, 'a reason is required'),
    /** The earlier revision whose content this is. */
    rollbackOf: z.int().nonnegative().optional(),
  })
  .catchall(z.unknown());
export type PolicyPublishInput = z.infer<typeof PolicyPublishInput>;

/** What a person says about a proposed policy: `POST /control/v1/policy/proposals/{id}/approve`, and `/reject`. */
export const ProposalWordInput = z.strictObject({
  actor: z.strictObject({
    id: z.string().min(1),
    name: z.string().optional(),
    role: z.string().optional(),
  }),
  reason: z.string().trim().min(1, 'a reason is required'),
  /**
   * On an approval: the revision in force that it is to replace. Needed where that is not the one that was in force when the
   * policy was proposed; 0 where there is none.
   */
  onto: z.int().nonnegative().optional(),
});
export type ProposalWordInput = z.infer<typeof ProposalWordInput>;

/** The file that a running `aftertrace serve` leaves for its own user (mode 0600), so that agents and commands find it. */
export const CompanionFile = z.strictObject({
  v: z.literal(1),
  pid: z.int().positive(),
  startedAt: Timestamp,
  dataDir: z.string(),
  otlp: z.url(),
  console: z.url(),
  /** PEM file that the certificate of these is checked against, where it is not a well-known one. */
  caFile: z.string().optional(),
  /** For agents, of role `agent`. */
  token: z.string().min(1),
});
export type CompanionFile = z.infer<typeof CompanionFile>;
