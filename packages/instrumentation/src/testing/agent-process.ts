import * as api from '@opentelemetry/api';

import type { ToolCall } from '../guard/tool-call.ts';
import { createRuntime, type Runtime } from '../runtime.ts';
import { newRun, resumableRun, type AgentIdentity } from '../spans/scope.ts';

/** What an agent process has of this package, within the process of a test; end it with `link.close()`. */
export async function startAgentProcess(env: Record<string, string>): Promise<Runtime> {
  const runtime = createRuntime({
    env: { ...env, AFTERTRACE_ON_START: 'open' },
    // None: nothing is looked for in it, and nothing is left on the machine.
    home: '',
    now: Date.now,
    writeError: () => undefined,
  });
  await runtime.link.untilReady();
  return runtime;
}

/** A call of a tool in a run of `support`; `resumable` where the run has an id of the application's. */
export function agentCall(
  tool: string,
  run: { readonly id: string; readonly resumable?: boolean },
): ToolCall {
  const agent: AgentIdentity = { name: 'support', conversationId: 'chat-1' };
  const start = run.resumable === true ? resumableRun : newRun;
  return {
    tool,
    toolCallId: `call_${tool}`,
    arguments: { order: '7' },
    scope: { agent, run: start(run.id, agent, 0) },
    context: api.ROOT_CONTEXT,
  };
}
