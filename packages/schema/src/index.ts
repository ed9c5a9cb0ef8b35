export {
  AccessRole,
  AccessToken,
  IssuedToken,
  TokenCreateInput,
  TokenRevokeInput,
  TokenRotateInput,
} from './access-token.ts';
export { Actor, ActorKind, Assurance } from './actor.ts';
export {
  actionDigest,
  canonicalJson,
  digest,
  sha256Hex,
  trajectoryId,
  type ActionBinding,
} from './canonical.ts';
export {
  Containment,
  ContainmentEffect,
  ContainmentKind,
  ContainmentScope,
  MAX_STOPPED_WORK,
  RedeploymentRecord,
  StoppedWork,
} from './containment.ts';
export {
  Ack,
  Approval,
  ApprovalAnswer,
  ApprovalDecisionInput,
  ApprovalRequest,
  CompanionFile,
  ContainmentInput,
  ControlState,
  EvidenceBatch,
  EvidenceRecord,
  Instance,
  PlanSwitch,
  PlanSwitchInput,
  PolicyPublishInput,
  ProposalWordInput,
  ReleaseInput,
  type ControlEvent,
  MAX_AGENT_CHARS,
  MAX_INSTANCE_CHARS,
} from './control-protocol.ts';
export { Decision, DecisionSource, MatchedRule, RuleMode, Verdict } from './decision.ts';
export { Effect, EffectReport } from './effect.ts';
export { everyStep, type PlacedStep, type StepDocument } from './every-step.ts';
export { EvidenceRef, Finding, FindingKind, Severity } from './finding.ts';
export {
  Incident,
  IncidentEvent,
  IncidentEventType,
  IncidentLogLine,
  IncidentNoteInput,
  IncidentSignOff,
  IncidentState,
  IncidentTransitionInput,
} from './incident.ts';
export { LedgerCheckpoint } from './ledger-checkpoint.ts';
export { AuditType, LedgerEntry, type LedgerEntryInput } from './ledger-entry.ts';
export {
  Attr,
  companionFilePath,
  ControlPath,
  Core,
  Env,
  EventName,
  GenAi,
  Mcp,
  MetricName,
  Operation,
  Port,
  COMPANION_SCOPE_NAME,
  SCOPE_NAME,
} from './names.ts';
export { HoldSelector, LegalHold, LegalHoldLine } from './legal-hold.ts';
export {
  Override,
  OverrideDecision,
  OverrideKind,
  OverrideOutcome,
  OverrideOutcomeStatus,
  PriorDecision,
} from './override.ts';
export {
  BundleSignature,
  BreakerMatch,
  ConversationMatch,
  CountRange,
  LabelName,
  LimitMatch,
  NamePattern,
  PinnedVersions,
  PolicyBundle,
  PolicyRule,
  Redaction,
  ReversibilityClass,
  ReversibilityMatch,
  RuleMatch,
  RuleTest,
  RuleTestGiven,
  RuleWith,
  Scalar,
  ToolFacts,
  Transform,
  ValuePredicate,
  WrittenBundle,
  type PolicyBundleInput,
} from './policy-bundle.ts';
export {
  QuarantineAnswer,
  QuarantineDecisionInput,
  QuarantinedCall,
  QuarantineRequest,
} from './quarantine.ts';
export {
  ContributingFactor,
  CorrectiveAction,
  Review,
  ReviewEvidence,
  TimelineRow,
} from './review.ts';
export {
  CompensationOrder,
  LeftReason,
  Rollback,
  RollbackInput,
  RollbackScope,
  RollbackStep,
} from './rollback.ts';
export {
  RunOutcome,
  RunOutcomeBasis,
  RunOutcomeKind,
  TrajectoryFile,
  trajectoryFileOf,
} from './run-outcome.ts';
export { Timestamp } from './time.ts';
export {
  Certainty,
  FailureClass,
  OutcomeChannel,
  OutcomeEvidence,
  ToolOutcome,
  ToolOutcomeKind,
} from './tool-outcome.ts';
export { ToolProfileConfig, ToolProfilesConfig } from './tool-profile.ts';
export {
  AtifAgent,
  AtifContentPart,
  AtifFinalMetrics,
  AtifMetrics,
  AtifObservationResult,
  AtifStep,
  AtifSubagentRef,
  AtifToolCall,
  AtifToolDefinition,
  AtifTrajectory,
  ContentMode,
  ObservationExtra,
  OtherSpan,
  SamplingNote,
  SupersededLine,
  ToolCallExtra,
  Trajectory,
  TrajectoryBlob,
  TrajectoryExtra,
  type WrittenTrajectory,
} from './trajectory.ts';
