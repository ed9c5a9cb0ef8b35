export { judgeRun } from './judge-run.ts';
export { judgeToolCall } from './judge-tool-call.ts';
export type { RuleFamily, RuleInfo } from './rule.ts';
export type { RunEvaluation, RunFacts, RunToolCall } from './run.ts';
export { runRuleInfos, toolRules } from './tool-rules.ts';
export type { ToolCallFacts } from './tool-call.ts';
