import { digest } from '@aftertrace/schema/canonical';
import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import type { AgentEnd } from '../../spans/agent-span.ts';
import { seenAttributes } from '../../spans/identity-attributes.ts';
import { openAgent, type OpenAgent } from '../../spans/open-agent.ts';
import type { AgentIdentity, Scope } from '../../spans/scope.ts';
import { withoutUndefined } from '../../spans/telemetry.ts';
import { toolsDigest, type OfferedTool } from '../../spans/tools-digest.ts';
import { text } from './identity.ts';
import type { Agent, Artifacts } from './types.ts';

/** What begins with a run of OpenAI Agents. */
export interface LiveAgentOptions {
  readonly identity: Partial<AgentIdentity>;
  readonly signal: AbortSignal | undefined;
  readonly model: string | undefined;
}

/** npm package that is hooked. */
export const FRAMEWORK = '@openai/agents-core';

const lives = new WeakMap<Scope, LiveAgent>();

/**
 * One loop of the runner, in which agents hand over to each other: the one that began it is the run, each that takes over
 * a sub-agent in it. Its scope tells who acts now, for the loop has one asynchronous context from beginning to end.
 */
export class LiveAgent {
  readonly scope: Scope;
  readonly #runtime: Runtime;
  readonly #first: OpenAgent;
  #current: OpenAgent;

  constructor(runtime: Runtime, options: LiveAgentOptions) {
    this.#runtime = runtime;
    const { identity: agent, signal, model } = options;
    this.#first = openAgent(runtime, { agent, signal, model, framework: FRAMEWORK });
    this.#current = this.#first;
    this.scope = this.#liveScope();
    lives.set(this.scope, this);
  }

  /** The loop in which the code runs, if it is one. */
  static of(runtime: Runtime): LiveAgent | undefined {
    const scope = runtime.scopes.getStore();
    return scope === undefined ? undefined : lives.get(scope);
  }

  #liveScope(): Scope {
    const current = (): OpenAgent => this.#current;
    const { run } = this.#first.scope;
    return {
      run,
      framework: FRAMEWORK,
      get agent() {
        return current().scope.agent;
      },
      get versions() {
        return current().scope.versions;
      },
      get halt() {
        return current().scope.halt;
      },
      get counts() {
        return current().scope.counts;
      },
      get context() {
        return current().context;
      },
    };
  }

  /** Who acts now. */
  get current(): OpenAgent {
    return this.#current;
  }

  /** Of the whole loop. */
  get signal(): AbortSignal | undefined {
    return this.#first.signal;
  }

  run<T>(action: () => T): T {
    return this.#runtime.scopes.run(this.scope, () =>
      api.context.with(this.#first.context, action),
    );
  }

  /** This agent acts from here on. */
  turnTo(agent: Agent | undefined): void {
    const name = text(agent?.name);
    if (name === undefined || name === this.#current.scope.agent.name) return;
    if (this.#current !== this.#first) this.#current.end({ failed: false });
    this.#current =
      name === this.#first.scope.agent.name
        ? this.#first
        : this.#first.run(() =>
            openAgent(this.#runtime, {
              agent: { name },
              model: text(agent?.model),
              framework: FRAMEWORK,
            }),
          );
  }

  /** What this agent asks of which model, with which tools: for rules that demand a version, and for whoever compares. */
  sees(agent: Agent | undefined, { serializedTools }: Artifacts): void {
    const { scope, context } = this.#current;
    const { versions, agent: who } = scope;
    if (versions === undefined || !this.#runtime.link.governed) return;
    const model = text(agent?.model);
    if (model !== undefined) versions.model = model;
    const { instructions } = agent ?? {};
    if (who.promptDigest === undefined && typeof instructions === 'string') {
      versions.promptDigest = digest(instructions);
    }
    if (who.toolsDigest === undefined && Array.isArray(serializedTools)) {
      // Tools that have no digest must not pass for those of before.
      delete versions.toolsDigest;
      versions.toolsDigest = toolsDigest(serializedTools.map(offeredTool));
    }
    api.trace.getSpan(context)?.setAttributes(withoutUndefined(seenAttributes(scope)));
  }

  end(how: AgentEnd): void {
    if (this.#current !== this.#first) this.#current.end(how);
    this.#first.end(how);
  }

  /** What the application gets instead of `error`. */
  failure(error: unknown): unknown {
    const failure = this.#current.failure(error);
    return failure === error ? this.#first.failure(error) : failure;
  }
}

/** A tool of the provider has a type and settings, and no schema of ours. */
function offeredTool(tool: unknown): OfferedTool {
  const { type, name, description, parameters } = tool as Readonly<Record<string, unknown>>;
  return {
    name: text(name) ?? text(type) ?? '',
    inputSchema: parameters,
    ...(typeof description === 'string' ? { description } : {}),
  };
}
