import { Attr, Core, GenAi } from '@aftertrace/schema/names';

import type { AgentIdentity, Scope } from './scope.ts';

/** What stands on every span and event of a run. */
export function scopeAttributes(scope: Scope, instance: string): Record<string, unknown> {
  return {
    [GenAi.AGENT_NAME]: scope.agent.name,
    [GenAi.CONVERSATION_ID]: scope.agent.conversationId,
    [Attr.RUN_ID]: scope.run.id,
    [Attr.INSTANCE_ID]: instance,
  };
}

/** What stands on agent spans and run events besides. */
export function agentAttributes(agent: AgentIdentity): Record<string, unknown> {
  return {
    [Attr.AGENT_VERSION]: agent.version,
    [Attr.TENANT]: agent.tenant,
    [Core.USER_ID]: agent.onBehalfOf,
    [Attr.PROMPT_DIGEST]: agent.promptDigest,
    [Attr.TOOLS_DIGEST]: agent.toolsDigest,
    [Attr.MEMORY_VERSION]: agent.memoryVersion,
  };
}

/** What the application did not say and an adapter has seen. */
export function seenAttributes({ agent, versions }: Scope): Record<string, unknown> {
  return {
    [Attr.PROMPT_DIGEST]: agent.promptDigest ?? versions?.promptDigest,
    [Attr.TOOLS_DIGEST]: agent.toolsDigest ?? versions?.toolsDigest,
  };
}
