import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import { endChatSpan, failChatSpan, startChatSpan } from '../../spans/chat-span.ts';
import { scopeAttributes } from '../../spans/identity-attributes.ts';
import { countModelCall, countTokens, type Scope } from '../../spans/scope.ts';
import { toolsDigest, type OfferedTool } from '../../spans/tools-digest.ts';
import type { AnyFunction } from '../framework.ts';
import { chatResponse } from './chat-response.ts';
import { fieldsOf, textOf, type ChatModel, type Fields } from './types.ts';

type Generate = (
  this: unknown,
  messages: unknown,
  options: unknown,
  ...rest: unknown[]
) => Promise<unknown>;

/**
 * Wraps `BaseChatModel.prototype._generateUncached`: one call of a model within an agent is one `chat` span, and an agent
 * that was killed makes none. Outside an agent the model's own client tells of it.
 */
export function wrapGenerate(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Generate;
  return async function _generateUncached(
    this: unknown,
    messages: unknown,
    options: unknown,
    ...rest: unknown[]
  ) {
    const scope = agentScope(runtime);
    if (scope === undefined) return run.call(this, messages, options, ...rest);
    await runtime.guard.admitStep(scope);
    const offered = withoutRevoked(runtime, scope, options);
    const call = openModelCall(runtime, { scope, model: this as ChatModel, options: offered });
    try {
      const result = await call.run(() => run.call(this, messages, offered, ...rest));
      call.end(() => messageIn(result));
      return result;
    } catch (error) {
      call.fail(error);
      throw error;
    }
  };
}

type Stream = (
  this: unknown,
  input: unknown,
  options: unknown,
  ...rest: unknown[]
) => AsyncGenerator<unknown>;

/** Wraps `BaseChatModel.prototype._streamIterator`, the same for answers that come in parts. */
export function wrapStream(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as Stream;
  return async function* _streamIterator(
    this: unknown,
    input: unknown,
    options: unknown,
    ...rest: unknown[]
  ) {
    const scope = agentScope(runtime);
    if (scope === undefined) {
      yield* run.call(this, input, options, ...rest);
      return;
    }
    await runtime.guard.admitStep(scope);
    const offered = withoutRevoked(runtime, scope, options);
    const call = openModelCall(runtime, { scope, model: this as ChatModel, options: offered });
    const source = run.call(this, input, offered, ...rest);
    let whole: unknown;
    let open = true;
    try {
      for (;;) {
        const step = await call.run(() => source.next());
        if (step.done === true) break;
        whole = runtime.diagnostics.protect(
          'langchain.parts',
          () => joined(whole, step.value),
          whole,
        );
        yield step.value;
      }
      open = false;
    } catch (error) {
      open = false;
      call.fail(error);
      throw error;
    } finally {
      if (open) await call.run(() => source.return(undefined));
      call.end(() => fieldsOf(whole));
    }
  };
}

/** Messages in parts know how they go together. */
function joined(whole: unknown, part: unknown): unknown {
  const { concat } = fieldsOf(whole);
  return typeof concat === 'function' ? Reflect.apply(concat, whole, [part]) : part;
}

/** A call outside any agent, or inside one that is told already, has no span of ours. */
function agentScope(runtime: Runtime): Scope | undefined {
  const scope = runtime.scopes.getStore();
  return scope === undefined || scope.modelCall === true ? undefined : scope;
}

/** One call of a model. */
interface ModelCall {
  /** Runs a part of it with its span active. */
  run<T>(action: () => T): T;
  /** The second end does nothing. */
  end(message: () => Fields): void;
  fail(error: unknown): void;
}

function openModelCall(
  runtime: Runtime,
  about: { readonly scope: Scope; readonly model: ChatModel; readonly options: unknown },
): ModelCall {
  const { scope, model, options } = about;
  const { diagnostics } = runtime;
  const parent = api.context.active();
  const span = diagnostics.protect(
    'langchain.chat',
    () => {
      const settings = model.getLsParams?.(options) ?? {};
      seeVersions(scope, settings, options);
      return startChatSpan(
        {
          provider: providerOf(settings),
          model: textOf(settings['ls_model_name']) ?? 'unknown',
          attributes: {
            ...scopeAttributes(scope, runtime.instance),
            'gen_ai.request.max_tokens': settings['ls_max_tokens'],
            'gen_ai.request.temperature': settings['ls_temperature'],
          },
        },
        parent,
      );
    },
    undefined,
  );
  const inside: Scope = { ...scope, modelCall: true };
  const context = span === undefined ? parent : api.trace.setSpan(parent, span);
  countModelCall(scope);
  let open = true;
  const close = (how: (ended: api.Span) => void): void => {
    if (!open || span === undefined) return;
    open = false;
    diagnostics.protect('langchain.chat', () => how(span), undefined);
  };
  return {
    run: (action) => runtime.scopes.run(inside, () => api.context.with(context, action)),
    end: (message) =>
      close((ended) => {
        const response = chatResponse(message());
        countTokens(scope, response);
        endChatSpan(ended, response);
      }),
    fail: (error) => close((failed) => failChatSpan(failed, error)),
  };
}

/** What the conventions call the providers that LangChain names otherwise. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['google_genai', 'gcp.gemini'],
  ['google_vertexai', 'gcp.vertex_ai'],
  ['google_vertex_ai', 'gcp.vertex_ai'],
  ['amazon_bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['mistral', 'mistral_ai'],
  ['mistralai', 'mistral_ai'],
  ['xai', 'x_ai'],
]);

function providerOf(settings: Fields): string | undefined {
  const name = textOf(settings['ls_provider'])?.toLowerCase();
  return name === undefined ? undefined : (PROVIDERS.get(name) ?? name);
}

/** For rules that demand a version: which model is asked, and which tools it is offered. */
function seeVersions({ versions, agent }: Scope, settings: Fields, options: unknown): void {
  if (versions === undefined) return;
  const model = textOf(settings['ls_model_name']);
  if (model !== undefined) versions.model = model;
  if (agent.toolsDigest !== undefined) return;
  // Tools that have no digest must not pass for those of before: what is pinned would hold for them.
  delete versions.toolsDigest;
  versions.toolsDigest = toolsDigest(toolsIn(options).map(offeredTool));
}

function offeredTool(tool: unknown): OfferedTool {
  const own = fieldsOf(fieldsOf(tool)['function'] ?? tool);
  const description = textOf(own['description']);
  return {
    name: nameOf(tool) ?? 'unknown',
    inputSchema: own['parameters'] ?? own['input_schema'],
    ...(description === undefined ? {} : { description }),
  };
}

/** OpenAI's form, Anthropic's, and of what a provider runs itself only its type. */
function nameOf(tool: unknown): string | undefined {
  const { function: nested, name, type } = fieldsOf(tool);
  return textOf(fieldsOf(nested)['name']) ?? textOf(name) ?? textOf(type);
}

function toolsIn(options: unknown): readonly unknown[] {
  const { tools } = fieldsOf(options);
  return Array.isArray(tools) ? tools : [];
}

/** A model is not offered what is revoked: its provider's own tools can be kept from it in no other way. */
function withoutRevoked(runtime: Runtime, scope: Scope, options: unknown): unknown {
  const offered = toolsIn(options);
  const tools = offered.filter((tool) => {
    const name = nameOf(tool);
    return name === undefined || runtime.guard.offers(scope, name);
  });
  if (tools.length === offered.length) return options;
  const { tools: _tools, tool_choice: choice, ...others } = fieldsOf(options);
  if (tools.length === 0) return others;
  return { ...others, tools, ...(choice === undefined ? {} : { tool_choice: choice }) };
}

function messageIn(result: unknown): Fields {
  const { generations } = fieldsOf(result);
  const [first]: unknown[] = Array.isArray(generations) ? generations : [];
  const [generation]: unknown[] = Array.isArray(first) ? first : [];
  return fieldsOf(fieldsOf(generation)['message']);
}
