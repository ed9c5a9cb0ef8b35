export { evidenceExcerpt } from './evidence-excerpt.ts';
export {
  createJudge,
  judgeToolCall,
  type JudgeOptions,
  type JudgeToolCall,
} from './judge-tool-call.ts';
export type {
  ProfiledOutcome,
  ProgramProfile,
  ResultPointer,
  ToolProfile,
} from './profiles/tool-profile.ts';
export { createFindProfile, type FindProfile } from './profiles/find-profile.ts';
export { shippedProfiles } from './profiles/shipped.ts';
export type { RuleFamily, RuleInfo } from './rule.ts';
export type { FailureTally } from './run/failures.ts';
export {
  createRunJudge,
  judgeRun,
  type RunJudge,
  type RunJudgeOptions,
  type RunVerdict,
} from './run/judge-run.ts';
export {
  createLoopDetector,
  type Loop,
  type LoopDetector,
  type LoopKind,
  type LoopThresholds,
} from './run/loop-detector.ts';
export type { RunEvent } from './run/run-event.ts';
export type {
  ExplicitOutcome,
  RootError,
  RunEvaluation,
  RunFacts,
  RunLimit,
  RunToolCall,
  Termination,
} from './run/run-facts.ts';
export { runRuleInfos, type RunRuleInfo } from './run/run-rules.ts';
export { toolWrites } from './run/tool-access.ts';
export { toolRules } from './tool-rules.ts';
export type { ToolCallFacts } from './tool-call.ts';
