import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Ledger } from '@aftertrace/ledger';
import type { ControlState, Decision, Override } from '@aftertrace/schema';

import type { RefusedAccess } from './access-log.ts';
import type { Caller } from './access/caller.ts';
import type { RateLimits } from './access/doorkeeper.ts';
import type { Permission } from './access/roles.ts';
import type { ControlEntry } from './audit-data.ts';
import type { ContainmentProgress } from './containment-progress.ts';
import type { ControlLog } from './control-core.ts';
import type { KnockAnswer, KnockingRequest, PageAdmission } from './http/create-gate.ts';
import type { RequestHandler } from './http/create-handler.ts';
import type { ControlService } from './http/service.ts';
import type { ReadPolicyKeys } from './policy-actions.ts';
import type { Timers } from './timers.ts';

/** What happened to a containment; the names are those of the audit log. */
export type ContainmentChange = Extract<ControlEntry['type'], `containment.${string}`>;

export interface ControlPlaneOptions {
  /** Directory of the companion's data; `details/` in it holds the arguments of escalated calls. */
  readonly dataDir: string;
  /** The audit log. Opened and closed by who composes. */
  readonly ledger: Ledger;
  /** The bearer token of the companion's own user, who administers it; not empty. Others are made with it, see `createToken`. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new identifier each time: letters, digits and dashes. */
  readonly randomId: () => string;
  readonly log: ControlLog;
  /** Each change of a containment, once it is on disk. Not called for what is read back at the start. */
  readonly onContainment?: (containment: ContainmentProgress, change: ContainmentChange) => void;
  /** Each override and approval; not as new again when its outcome is known, or when an agent reports it too. */
  readonly onOverride?: (override: Override, isNew: boolean) => void;
  /** Each decision that an agent has proven. */
  readonly onDecision?: (decision: Decision, from: { instance: string; agent: string }) => void;
  /** Each request that was turned away, also those that the audit log only counts. */
  readonly onRefused?: (refusal: RefusedAccess) => void;
  /** Nobody may end what they began: release what they ordered, approve what they asked. Default no. */
  readonly separateDuties?: boolean;
  /** Requests that the holder of one token may make. Default: `DEFAULT_RATE_LIMITS`. */
  readonly rateLimits?: Partial<RateLimits>;
  /**
   * Agents that telemetry has shown lately in processes without a guard that is connected: a containment that covers one is
   * never effective. Default: none are known.
   */
  readonly unguardedAgents?: () => readonly string[];
  /** A containment waits no longer for the audit ledger; it is then in force before it is sealed. Default 2 s. */
  readonly sealTimeoutMillis?: number;
  /** The pinned public keys, PEM, read at each publication. With them, only policies that they signed are published. */
  readonly readPolicyKeys?: ReadPolicyKeys;
  /** Host names that requests may be addressed to. Default: those of loopback. */
  readonly allowedHosts?: readonly string[];
  /** How long a live process may take to acknowledge a containment. Default 5 s. */
  readonly ackTimeoutMillis?: number;
  /** A process that is away for so long is taken as gone: its calls wait no more. Default 15 s, three reconnects. */
  readonly absenceGraceMillis?: number;
  /** Default 10 s. */
  readonly heartbeatMillis?: number;
  /** A stream whose reader takes nothing for so long is cut. Default 30 s. */
  readonly stallTimeoutMillis?: number;
  /** How long a process without a stream counts as live after it has polled. Default 30 s. */
  readonly pollLivenessMillis?: number;
  /** Default 5,000. */
  readonly maxStreams?: number;
  /** Default: the process's own. */
  readonly timers?: Timers;
}

/** The companion's control plane. */
export interface ControlPlane extends Pick<
  ControlService,
  | 'contain'
  | 'release'
  | 'containments'
  | 'waitEffective'
  | 'approvals'
  | 'answer'
  | 'quarantined'
  | 'reviewHeld'
  | 'requestRollback'
  | 'rollbacks'
  | 'rollback'
  | 'policy'
  | 'publishPolicy'
  | 'policyRevisions'
  | 'policyRevision'
  | 'proposePolicy'
  | 'policyProposals'
  | 'approveProposal'
  | 'rejectProposal'
  | 'instances'
  | 'tokens'
  | 'createToken'
  | 'rotateToken'
  | 'revokeToken'
  | 'plans'
  | 'switchPlan'
> {
  /** Reads the state back from the ledger. Idempotent. */
  readonly start: () => Promise<void>;
  /** Texts that were destroyed in the detail store are not shown any more. */
  readonly forgetTexts: (digests: ReadonlySet<string>) => Promise<void>;
  /** Ends the streams and finishes what is being recorded. Idempotent, and safe before `start`. */
  readonly shutdown: () => Promise<void>;
  /** Answers requests under `/control/`; resolves with false for others. */
  readonly handle: RequestHandler;
  /**
   * The same gate for what else is served on this port (token, role, host name, origin): resolves with who came in, and
   * has answered and recorded everybody else. Default: `administer`, so that nothing is open by accident.
   */
  readonly authorize: (
    request: IncomingMessage,
    response: ServerResponse,
    permission?: Permission,
  ) => Promise<Caller | undefined>;
  /** The same by token and role alone, for other ports and protocols; who asks answers by itself. */
  readonly admit: (request: KnockingRequest, permission: Permission) => Promise<KnockAnswer>;
  /**
   * The gate of pages that people read in a browser: GET only, permission `read`, the token as a bearer or as the password
   * of HTTP Basic. Who asks answers by itself; a refusal has been recorded.
   */
  readonly enterPage: (request: IncomingMessage) => Promise<PageAdmission>;
  /** Writes down, bounded as all refusals are, that a request was refused. */
  readonly noteRefusal: (refusal: RefusedAccess) => Promise<void>;
  /** What agents are told. */
  readonly state: () => ControlState;
}
