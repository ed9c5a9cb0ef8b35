export {
  AftertraceInstrumentation,
  type AftertraceInstrumentationConfig,
} from './aftertrace-instrumentation.ts';
export { findCompanion, type CompanionAddress } from './control/companion-address.ts';
export { flushEvidence } from './control/flush-evidence.ts';
export { AftertraceError, isAftertraceError, type AftertraceErrorCode } from './errors.ts';
export { describeTool } from './guard/describe-tool.ts';
export {
  guardTool,
  type GuardedFunction,
  type GuardToolOptions,
  type ToolFunction,
  type ToolObject,
} from './guard/guard-tool.ts';
export type { CallToUndo, ToolDescription } from './guard/tool-registry.ts';
export { instanceId } from './instance-id.ts';
export type { Attachment } from './load-hook/attachments.ts';
export { attachments } from './load-hook/list-attachments.ts';
export {
  recordOverride,
  recordOverrideOutcome,
  type OverrideInput,
} from './override/record-override.ts';
export {
  createAgentRunSampler,
  type AgentRunSamplerOptions,
  type RunSampler,
} from './spans/agent-run-sampler.ts';
export type { AgentIdentity } from './spans/scope.ts';
export { setRunOutcome } from './spans/set-run-outcome.ts';
export { toolsDigest, type OfferedTool } from './spans/tools-digest.ts';
export { onUrgentEvent } from './spans/urgent.ts';
export { withAgent, type AgentInvocation, type RunningAgent } from './spans/with-agent.ts';
