export { AftertraceError, isAftertraceError, type AftertraceErrorCode } from './errors.ts';
export type { AgentIdentity } from './spans/scope.ts';
export { setRunOutcome } from './spans/set-run-outcome.ts';
export { withAgent } from './spans/with-agent.ts';
export { onUrgentEvent } from './spans/urgent.ts';
export { findCompanion, type CompanionAddress } from './control/companion-address.ts';
export { instanceId } from './instance-id.ts';
