import { describeCall, type CompiledPolicy, type ProposedCall } from '@aftertrace/policy';
import { GenAi } from '@aftertrace/schema/names';
import type * as api from '@opentelemetry/api';

import { scopeAttributes } from '../spans/identity-attributes.ts';
import type { Scope } from '../spans/scope.ts';
import type { ToolDescription } from './tool-registry.ts';

/** What a person answered when the framework itself asked about a call. */
export interface FrameworkAnswer {
  /** Name of the framework's package. */
  readonly framework: string;
  /** The framework's own id of the question. */
  readonly approvalId: string;
  readonly approved: boolean;
  /** The person approved it with other arguments, which are the call's; `before`: those that the model gave. */
  readonly edited?: { readonly before: unknown } | undefined;
  readonly reason: string | undefined;
  /** Who, where the application says so. Nobody has verified it. */
  readonly actor:
    | {
        readonly id: string;
        readonly name?: string | undefined;
        readonly role?: string | undefined;
      }
    | undefined;
}

/** A proposed tool call, as an adapter hands it to the guard. */
export interface ToolCall {
  readonly tool: string;
  readonly toolCallId?: string | undefined;
  /** As the model gave them; never changed by the guard, which passes others on where policy says so. */
  readonly arguments: unknown;
  readonly description?: string | undefined;
  /** What the application said of the tool; the guard fills it in. */
  readonly described?: ToolDescription | undefined;
  /** Seen in a model's answer, before the application makes it: whoever sees it made does not judge it again. */
  readonly atModel?: true | undefined;
  /** The framework had asked a person, who has approved it. */
  readonly answered?: FrameworkAnswer | undefined;
  readonly scope: Scope;
  /** Context that the tool's span gets as its parent. */
  readonly context: api.Context;
  /** The caller's own way to stop the call. */
  readonly signal?: AbortSignal | undefined;
}

/** The call in the words of the policy engine, with what the policy knows of the tool. */
export function proposedCall(
  call: Pick<ToolCall, 'tool' | 'scope' | 'described'>,
  args: unknown,
  policy: CompiledPolicy | undefined,
): ProposedCall {
  const { agent, run, versions } = call.scope;
  return describeCall(policy, {
    agent: agent.name,
    tool: call.tool,
    arguments: args,
    agentVersion: agent.version,
    tenant: agent.tenant,
    conversation: agent.conversationId,
    run: run.id,
    capabilities: call.described?.capabilities,
    reversibility: call.described?.reversibility,
    model: versions?.model,
    promptDigest: agent.promptDigest ?? versions?.promptDigest,
    toolsDigest: agent.toolsDigest ?? versions?.toolsDigest,
  });
}

/** Attributes of every event about a call: whose, in which run, of which tool. */
export function callAttributes(call: ToolCall, instance: string): Record<string, unknown> {
  return {
    ...scopeAttributes(call.scope, instance),
    [GenAi.TOOL_NAME]: call.tool,
    [GenAi.TOOL_CALL_ID]: call.toolCallId,
  };
}
