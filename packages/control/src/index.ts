export type { RefusedAccess } from './access-log.ts';
export type { Caller } from './access/caller.ts';
export { DEFAULT_RATE_LIMITS, type RateLimits } from './access/doorkeeper.ts';
export type { RateLimit } from './access/rate-limiter.ts';
export type { Permission } from './access/roles.ts';
export type {
  CreateTokenRequest,
  RevokeTokenRequest,
  RotateTokenRequest,
} from './access/token-actions.ts';
export type { AnswerRequest } from './approval-actions.ts';
export { carriedEntries } from './carried-entries.ts';
export { carriedEntry, ERASED_TEXT, openEntry, sealedDigest } from './sealed-texts.ts';
export {
  createControlClient,
  type ControlClient,
  type ControlClientOptions,
} from './client/create-control-client.ts';
export { createHttpsFetch, type ClientTls } from './client/https-fetch.ts';
export { PolicyProposal } from './client/policy-proposal.ts';
export { PolicyRevision, PublishedPolicyRecord } from './client/published-policy-record.ts';
export type { ContainRequest, ReleaseRequest } from './containment-actions.ts';
export { ContainmentProgress, ContainmentState } from './containment-progress.ts';
export type { WaitOptions } from './containment-waiters.ts';
export type { ControlLog } from './control-core.ts';
export type { PublishedPolicy } from './control-model.ts';
export type {
  ControlProblem,
  ControlProblemCode,
  ControlResult,
  FieldProblem,
} from './control-problem.ts';
export type { ContainmentChange, ControlPlane, ControlPlaneOptions } from './control-plane.ts';
export { createControlPlane } from './create-control-plane.ts';
export { detailId, detailRefs, type DetailRef } from './detail-ref.ts';
export { createDetailStore, type DetailStore, type DetailStoreOptions } from './detail-store.ts';
export type { KnockAnswer, KnockingRequest, PageAdmission } from './http/create-gate.ts';
export type { RequestHandler } from './http/create-handler.ts';
export type { SwitchPlanRequest } from './plan-actions.ts';
export type { PublishRequest, ReadPolicyKeys } from './policy-actions.ts';
export type { ProposalWord } from './policy-proposals.ts';
export { replaceFile } from './replace-file.ts';
export type { Timers } from './timers.ts';
