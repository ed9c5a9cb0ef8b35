export type { PolicyDecision, ProposedCall } from './call.ts';
export type { CompiledPolicy, CompiledRule, RuleIndex, ValueTest } from './compiled-policy.ts';
export { VERDICT_RANK } from './compose.ts';
export { appliesTo, isActive } from './containment.ts';
export {
  ALLOW,
  decide,
  decideResult,
  matchesResult,
  type DecideInput,
  type DecideResultInput,
} from './decide.ts';
export {
  detect,
  redactText,
  type DetectorName,
  type RedactedText,
  type TextRange,
} from './detectors.ts';
export {
  activeContainments,
  foldContainments,
  type ContainmentEvent,
} from './fold-containments.ts';
export type { NameIndex } from './name-index.ts';
export { formatPointer, lookUp, parsePointer, type Found } from './pointer.ts';
export { applyRedactions, type RedactedValue } from './redact.ts';
export { applyTransforms, type TransformedValue } from './transform.ts';
