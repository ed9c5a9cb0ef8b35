export { isBundleFileName } from './bundle-file-name.ts';
export { tellCircuit, type CircuitReport, type CircuitState } from './breaker.ts';
export type { PolicyDecision, ProposedCall } from './call.ts';
export type {
  CompiledLimit,
  CompiledPolicy,
  CompiledRule,
  CompiledToolFacts,
  Condition,
  RuleIndex,
  ValueTest,
} from './compiled-policy.ts';
export { VERDICT_RANK } from './compose.ts';
export { appliesTo, isActive } from './containment.ts';
export { coversName } from './covers-name.ts';
export {
  FORGOTTEN_CONVERSATION,
  NEW_CONVERSATION,
  withCall,
  withEnd,
  withLabels,
  withoutTools,
  type ConversationFacts,
  type MadeCall,
} from './conversation.ts';
export {
  ALLOW,
  decide,
  decideResult,
  matchesResult,
  type DecideInput,
  type DecideResultInput,
} from './decide.ts';
export { describeCall } from './describe-call.ts';
export {
  activeContainments,
  foldContainments,
  type ContainmentEvent,
} from './fold-containments.ts';
export type { NameIndex } from './name-index.ts';
export type {
  CircuitTicket,
  CounterState,
  DecisionEffects,
  PolicyState,
  RunFacts,
} from './policy-state.ts';
export { mayAnswer, type Answerer, type ApproverLists } from './may-answer.ts';
export { formatPointer, lookUp, parsePointer, type Found } from './pointer.ts';
export { applyRedactions, type RedactedValue } from './redact.ts';
export { applyResultChanges, type ResultChange } from './result-changes.ts';
export { highestClass } from './reversibility.ts';
export type { Question, RuleContext } from './rule-context.ts';
export { isCardNumber } from './sensitive/find-cards.ts';
export { findSensitive } from './sensitive/find-sensitive.ts';
export {
  ALL_DETECTORS,
  type DetectorName,
  type SensitiveFind,
  type SensitiveKind,
} from './sensitive/kinds.ts';
export { isRedactionMark } from './sensitive/redaction-mark.ts';
export { redactText, type RedactedText } from './sensitive/redact-text.ts';
export { isSensitiveMember, isSensitiveName } from './sensitive/sensitive-name.ts';
export { applyTransforms, type TransformedValue } from './transform.ts';
export { countedForMillis, isUsageOver, type UsageState } from './usage.ts';
