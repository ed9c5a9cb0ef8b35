import type {
  AccessToken,
  Ack,
  Approval,
  ApprovalRequest,
  ControlState,
  Instance,
  IssuedToken,
  Override,
  PlanSwitch,
  QuarantineAnswer,
  QuarantinedCall,
  QuarantineRequest,
  Rollback,
} from '@aftertrace/schema';

import type {
  CreateTokenRequest,
  RevokeTokenRequest,
  RotateTokenRequest,
} from '../access/token-actions.ts';
import type { Speech } from '../access/agent-binding.ts';
import type { Caller } from '../access/caller.ts';
import type { AnswerRequest } from '../approval-actions.ts';
import type { ContainRequest, ReleaseRequest } from '../containment-actions.ts';
import type { ContainmentProgress } from '../containment-progress.ts';
import type { WaitOptions } from '../containment-waiters.ts';
import type { PublishedPolicy } from '../control-model.ts';
import type { ControlResult } from '../control-problem.ts';
import type { EvidenceReceipt, LenientEvidenceBatch } from '../evidence-actions.ts';
import type { SwitchPlanRequest } from '../plan-actions.ts';
import type { PolicyProposal } from '../client/policy-proposal.ts';
import type { PolicyRevision } from '../client/published-policy-record.ts';
import type { PublishRequest } from '../policy-actions.ts';
import type { ProposalWord } from '../policy-proposals.ts';
import type { ReviewRequest } from '../quarantine-actions.ts';
import type { RollbackRequest } from '../rollback-actions.ts';
import type { Exchange } from './route.ts';

/** What the routes ask of the control plane. */
export interface ControlService {
  /** Why a caller whose token is bound to agents may not say this; undefined: it may. */
  readonly speechProblem: (
    caller: Caller,
    speech: Speech,
  ) => Extract<ControlResult<never>, { ok: false }> | undefined;
  readonly stream: (exchange: Exchange) => Promise<void>;
  readonly pollState: (instance: string, agent: string) => Promise<ControlState>;
  readonly acknowledge: (ack: Ack) => Promise<ControlResult<true>>;
  readonly receiveEvidence: (
    batch: LenientEvidenceBatch,
  ) => Promise<ControlResult<EvidenceReceipt>>;
  readonly instances: () => readonly Instance[];
  /** Agents at work in processes without a guard, as their telemetry says. */
  readonly unenforcedAgents: () => readonly string[];
  /** @param tokenId Of the token that the request came with. */
  readonly requestApproval: (
    request: ApprovalRequest,
    tokenId?: string,
  ) => Promise<ControlResult<Approval>>;
  readonly approvals: () => Promise<readonly Approval[]>;
  readonly approval: (id: string) => Promise<ControlResult<Approval>>;
  readonly answer: (answer: AnswerRequest) => Promise<ControlResult<Override>>;
  readonly holdCall: (
    request: QuarantineRequest,
    tokenId?: string,
  ) => Promise<ControlResult<QuarantineAnswer>>;
  readonly quarantined: () => Promise<readonly QuarantinedCall[]>;
  readonly reviewHeld: (review: ReviewRequest) => Promise<ControlResult<Override>>;
  readonly requestRollback: (request: RollbackRequest) => Promise<ControlResult<Rollback>>;
  readonly rollbacks: () => Promise<readonly Rollback[]>;
  readonly rollback: (id: string) => Promise<ControlResult<Rollback>>;
  readonly contain: (request: ContainRequest) => Promise<ControlResult<ContainmentProgress>>;
  readonly release: (request: ReleaseRequest) => Promise<ControlResult<ContainmentProgress>>;
  readonly containments: () => Promise<readonly ContainmentProgress[]>;
  readonly waitEffective: (
    id: string,
    options: WaitOptions,
  ) => Promise<ControlResult<ContainmentProgress>>;
  readonly plans: () => readonly PlanSwitch[];
  readonly switchPlan: (request: SwitchPlanRequest) => Promise<ControlResult<PlanSwitch>>;
  readonly policy: () => PublishedPolicy | undefined;
  readonly policyRevisions: () => Promise<readonly PolicyRevision[]>;
  readonly policyRevision: (id: string) => Promise<ControlResult<PublishedPolicy>>;
  readonly publishPolicy: (request: PublishRequest) => Promise<ControlResult<PublishedPolicy>>;
  readonly proposePolicy: (request: PublishRequest) => Promise<ControlResult<PolicyProposal>>;
  /** Those that wait, oldest first. */
  readonly policyProposals: () => readonly PolicyProposal[];
  readonly approveProposal: (word: ProposalWord) => Promise<ControlResult<PublishedPolicy>>;
  readonly rejectProposal: (word: ProposalWord) => Promise<ControlResult<PolicyProposal>>;
  readonly tokens: () => readonly AccessToken[];
  readonly createToken: (request: CreateTokenRequest) => Promise<ControlResult<IssuedToken>>;
  readonly rotateToken: (request: RotateTokenRequest) => Promise<ControlResult<IssuedToken>>;
  readonly revokeToken: (request: RevokeTokenRequest) => Promise<ControlResult<AccessToken>>;
}
