import { isDeepStrictEqual } from 'node:util';

import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { AgentEnd } from '../../spans/agent-span.ts';
import { openAgent, type OpenAgent } from '../../spans/open-agent.ts';
import { countModelCall } from '../../spans/scope.ts';
import { beginCall, type Begun, type CallUnderWay } from './calls.ts';
import { endOf } from './end-of.ts';
import { blocksOf, nameOf, textOf, toolErrorText } from './read.ts';
import type { Block, HookInput, HookOutput, Options, SdkMessage } from './types.ts';

/** A call as a hook or a permission question tells of it. */
export interface Proposal {
  readonly tool: string;
  readonly toolUseId: string | undefined;
  readonly input: unknown;
  /** Of a sub-agent. */
  readonly agentId: string | undefined;
  readonly agentType: string | undefined;
}

/** One query: its run, its sub-agents, and the calls that Claude Code makes for them. */
export class Session {
  readonly #runtime: Runtime;
  readonly #options: Options;
  readonly #agents = new Map<string, OpenAgent>();
  readonly #calls = new Map<string, CallUnderWay>();
  /** Calls that the model asked for and of which nothing is known yet but that. */
  readonly #asked = new Map<string, Block>();
  readonly #messages = new Set<unknown>();
  #open: OpenAgent | undefined;
  #result: SdkMessage | undefined;

  constructor(runtime: Runtime, options: Options) {
    this.#runtime = runtime;
    this.#options = options;
  }

  /** The main agent's invocation, which begins when it is first asked for. */
  get open(): OpenAgent {
    return (this.#open ??= openAgent(this.#runtime, {
      agent: agentOf(this.#options),
      model: textOf(this.#options.model),
      signal: this.#options.abortController?.signal,
    }));
  }

  /** Decides; a call that may run is under way from here on. */
  async propose(proposal: Proposal): Promise<Begun> {
    const agent = this.#agentFor(proposal);
    const call: ToolCall = {
      tool: proposal.tool,
      toolCallId: proposal.toolUseId,
      arguments: proposal.input,
      scope: agent.scope,
      context: agent.context,
      signal: agent.signal ?? this.#options.abortController?.signal,
    };
    if (proposal.toolUseId !== undefined) this.#asked.delete(proposal.toolUseId);
    const cleared = await agent.run(() => this.#runtime.guard.clear(call));
    const begun = beginCall(this.#runtime, agent, cleared);
    if (begun.kind === 'runs' && proposal.toolUseId !== undefined) {
      this.#calls.set(proposal.toolUseId, begun.call);
    }
    return begun;
  }

  /** A call under way. */
  call(toolUseId: unknown): CallUnderWay | undefined {
    return this.#calls.get(String(toolUseId));
  }

  /** A call under way whose end is known. */
  takeCall(toolUseId: unknown): CallUnderWay | undefined {
    const call = this.call(toolUseId);
    this.#calls.delete(String(toolUseId));
    return call;
  }

  #agentFor({ agentId, agentType }: Pick<Proposal, 'agentId' | 'agentType'>): OpenAgent {
    const main = this.open;
    if (agentId === undefined) return main;
    const known = this.#agents.get(agentId);
    if (known !== undefined) return known;
    const agent = main.run(() =>
      openAgent(this.#runtime, { agent: agentType === undefined ? {} : { name: agentType } }),
    );
    this.#agents.set(agentId, agent);
    return agent;
  }

  subagentStarted(input: HookInput): void {
    this.#agentFor({ agentId: textOf(input.agent_id), agentType: nameOf(input.agent_type) });
  }

  subagentStopped(input: HookInput): void {
    const agentId = String(input.agent_id);
    this.#agents.get(agentId)?.end({ failed: false });
    this.#agents.delete(agentId);
  }

  /** What Claude Code tells of itself: whose conversation it is, and what became of calls that no hook told the end of. */
  see(message: SdkMessage): void {
    const session = textOf(message.session_id);
    if (session !== undefined) this.open.converse(session);
    switch (message.type) {
      case 'system':
        return this.#seeSystem(message);
      case 'assistant':
        return this.#seeAnswer(message);
      case 'user':
        return this.#seeResults(message);
      case 'result':
        return this.#seeEnd(message);
      default:
    }
  }

  #seeSystem({ subtype, model }: SdkMessage): void {
    const { versions } = this.open.scope;
    const name = textOf(model);
    if (subtype === 'init' && versions !== undefined && name !== undefined) versions.model = name;
  }

  #seeAnswer({ message, parent_tool_use_id: parent }: SdkMessage): void {
    if (message?.id === undefined || !this.#messages.has(message.id)) {
      const { run, counts } = this.open.scope;
      // What a sub-agent asks its model is a step of the run, and no call of the main agent.
      countModelCall({ run, counts: typeof parent === 'string' ? undefined : counts });
    }
    this.#messages.clear();
    this.#messages.add(message?.id);
    for (const block of blocksOf(message?.content)) {
      const id = textOf(block.id);
      if (block.type === 'tool_use' && id !== undefined && !this.#calls.has(id)) {
        this.#asked.set(id, block);
      }
    }
  }

  #seeResults({ message }: SdkMessage): void {
    for (const block of blocksOf(message?.content)) {
      if (block.type !== 'tool_result') continue;
      const id = String(block.tool_use_id);
      const call = this.takeCall(id);
      if (call !== undefined) this.#endUntold(call, block);
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (call === undefined && asked !== undefined) this.#seeUnhooked(asked, block);
    }
  }

  /** Hooks tell of results and failures: without either, an error says that the call was not permitted. */
  #endUntold(call: CallUnderWay, { is_error: isError, content }: Block): void {
    if (isError === true) call.ended('denied', 'framework.permission');
    else void call.returned(content).catch(() => undefined);
  }

  /** No hook was asked: Claude Code refused the call itself, or hooks are switched off and it has run unjudged. */
  #seeUnhooked(asked: Block, result: Block): void {
    const { scope, context } = this.open;
    const { guard, diagnostics } = this.#runtime;
    const tool = nameOf(asked.name) ?? 'unknown';
    const call = { tool, toolCallId: textOf(asked.id), arguments: asked.input, scope, context };
    if (result.is_error === true) {
      guard.recordUnmade(call, new Error(toolErrorText(result.content)));
      return;
    }
    diagnostics.count('claude_agent.unhooked');
    diagnostics.tellOnce(
      `claude_agent.unhooked.${tool}`,
      `Claude Code ran ${tool} without asking the hooks of this process: the call was neither judged nor governed. ` +
        'Hooks may be switched off by its settings (disableAllHooks).',
    );
  }

  #seeEnd(message: SdkMessage): void {
    this.#result = message;
    const { run } = this.open.scope;
    run.inputTokens += countOf(message.usage?.input_tokens);
    run.outputTokens += countOf(message.usage?.output_tokens);
  }

  /** How the main agent ended, by its last result; what is still open then was interrupted. */
  over(): AgentEnd {
    this.abandon();
    return endOf(this.#result);
  }

  /** Nothing more will be told. */
  abandon(): void {
    for (const call of this.#calls.values()) call.ended('cancelled', 'framework.interrupted');
    this.#calls.clear();
    this.#asked.clear();
    for (const agent of this.#agents.values()) agent.end({ failed: false, aborted: true });
    this.#agents.clear();
  }
}

/** What the options say of the main agent. */
function agentOf({ agent, resume, sessionId }: Options): {
  readonly name?: string;
  readonly conversationId?: string;
} {
  const name = nameOf(agent);
  const conversationId = textOf(resume) ?? textOf(sessionId);
  return {
    ...(name === undefined ? {} : { name }),
    ...(conversationId === undefined ? {} : { conversationId }),
  };
}

function countOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

/** Are the arguments the same, so that nothing has to be replaced? */
export function isSame(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** Answer of a hook that has nothing to say. */
export const NOTHING: HookOutput = Object.freeze({});
