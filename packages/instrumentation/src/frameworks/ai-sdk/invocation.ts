import { digest } from '@aftertrace/schema/canonical';
import { GenAi } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import type { Runtime } from '../../runtime.ts';
import {
  agentSpanAttributes,
  emitRunEnded,
  emitRunStarted,
  endAgentSpan,
  measureInvocation,
  endAttributes,
  outcomeAttributes,
  startAgentSpan,
  type AgentEnd,
} from '../../spans/agent-span.ts';
import { addContent } from '../../spans/add-content.ts';
import { contentJson, messagesJson } from '../../spans/content.ts';
import { seenAttributes } from '../../spans/identity-attributes.ts';
import { toolsDigest, type OfferedTool } from '../../spans/tools-digest.ts';
import { countModelCall, countTokens, type Scope } from '../../spans/scope.ts';
import { withoutUndefined } from '../../spans/telemetry.ts';
import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import { approvalAnswers } from './approval-answers.ts';
import { invalidToolCalls, type InvalidToolCall } from './invalid-tool-calls.ts';
import { inputMessages, systemInstructions } from './messages.ts';
import type { ModelCall } from './model-call.ts';
import { createMeasuredCall, createModelCall } from './model-call.ts';
import type { NativeTelemetry } from './native-telemetry.ts';
import type {
  CallOptions,
  EndEvent,
  ModelCallEndEvent,
  ModelCallStartEvent,
  StartEvent,
} from './types.ts';

/** Where a call of the AI SDK stands in its run. */
export interface InvocationPlace {
  readonly scope: Scope;
  /** No run was there: this call is one, and says when it starts and ends. */
  readonly ownsRun: boolean;
  /** What the application gave the call besides; may say who has answered. */
  readonly runtimeContext: CallOptions['runtimeContext'];
  /** `withAgent` has the agent's span open already. */
  readonly hasSpan: boolean;
  /** Context in which the call was made. */
  readonly parent: api.Context;
  readonly native: NativeTelemetry | undefined;
  /** A stream ends with its callbacks; a `generateText` when its promise settles, which is later. */
  readonly endsWithCallbacks: boolean;
}

/** One call of `generateText` or `streamText`, from its start to its end. */
export class Invocation {
  readonly place: InvocationPlace;
  readonly #runtime: Runtime;
  readonly #answers = new Map<string, FrameworkAnswer>();
  #callId: string | undefined;
  #model: string | undefined;
  /** By `performance.now()`. */
  #startedAtMillis = 0;
  #span: api.Span | undefined;
  #context: api.Context;
  #modelCall: ModelCall | undefined;
  #finishReason: string | undefined;
  #isStarted = false;
  #isEnded = false;

  constructor(runtime: Runtime, place: InvocationPlace) {
    this.#runtime = runtime;
    this.place = place;
    this.#context = place.parent;
  }

  /** Context that tool and model spans get as their parent. */
  get context(): api.Context {
    return this.#context;
  }

  /** After the application's own telemetry has seen the start. */
  start(event: StartEvent): void {
    const { scope, native, parent, hasSpan, ownsRun } = this.place;
    this.#isStarted = true;
    this.#startedAtMillis = performance.now();
    this.#model = event.modelId;
    this.#callId = event.callId;
    const { diagnostics } = this.#runtime;
    diagnostics.protect('ai_sdk.versions', () => seeVersions(scope, event), undefined);
    const span = native === undefined ? this.#openSpan(event, hasSpan) : this.#nativeRoot();
    if (span !== undefined) this.#context = api.trace.setSpan(parent, span);
    // Where the span is the application's, or that of `withAgent`, it was opened before anything was seen.
    if (hasSpan || native !== undefined) {
      api.trace.getSpan(this.#context)?.setAttributes(withoutUndefined(seenAttributes(scope)));
    }
    if (ownsRun) emitRunStarted(this.#runtime.agents, scope, this.#context);
    this.#takeAnswers(event);
  }

  /** What a person has answered to calls of an earlier invocation; the SDK acts on it next. */
  #takeAnswers({ messages = [] }: StartEvent): void {
    for (const answered of approvalAnswers(messages, this.place.runtimeContext)) {
      const { toolCallId, answer } = answered;
      if (answer.approved) this.#answers.set(toolCallId, answer);
      else {
        const { tool, arguments: args } = answered;
        const { scope } = this.place;
        const call = { tool, toolCallId, arguments: args, scope, context: this.#context };
        this.#runtime.guard.recordRejected(call, answer);
      }
    }
  }

  /** A person's approval of this call, once. */
  takeAnswer(toolCallId: string): FrameworkAnswer | undefined {
    const answer = this.#answers.get(toolCallId);
    this.#answers.delete(toolCallId);
    return answer;
  }

  #openSpan(event: StartEvent, hasSpan: boolean): api.Span | undefined {
    const { scope, parent } = this.place;
    const outer = api.trace.getSpan(parent);
    if (!hasSpan) {
      const attributes = agentSpanAttributes(this.#runtime.agents, scope, event.modelId);
      this.#span = startAgentSpan(attributes, scope.agent.name, parent);
    }
    const span = this.#span ?? outer;
    if (span !== undefined && this.#runtime.settings.captureContent && span.isRecording()) {
      addRequestContent(span, event);
    }
    return this.#span;
  }

  #nativeRoot(): api.Span | undefined {
    return this.#callId === undefined ? undefined : this.place.native?.rootSpan(this.#callId);
  }

  modelCallStart(event: ModelCallStartEvent): void {
    countModelCall(this.place.scope);
    this.#runtime.diagnostics.protect('ai_sdk.tools', () => this.#seeTools(event), undefined);
    this.#modelCall?.abandon();
    const create = this.place.native === undefined ? createModelCall : createMeasuredCall;
    this.#modelCall = create(this.#runtime, {
      scope: this.place.scope,
      parent: this.#context,
      event,
    });
  }

  /** Which tools the model is offered: of the last call, as an invocation may offer others from step to step. */
  #seeTools({ tools }: ModelCallStartEvent): void {
    const { scope } = this.place;
    const { versions, agent } = scope;
    if (versions === undefined || agent.toolsDigest !== undefined) return;
    const before = versions.toolsDigest;
    // Tools that have no digest must not pass for those of before: what is pinned would hold for them.
    delete versions.toolsDigest;
    versions.toolsDigest = toolsDigest((tools ?? []).map(offeredTool));
    if (versions.toolsDigest === before) return;
    api.trace.getSpan(this.#context)?.setAttributes(withoutUndefined(seenAttributes(scope)));
  }

  modelCallEnd(event: ModelCallEndEvent): void {
    countTokens(this.place.scope, event.usage ?? {});
    this.#modelCall?.end(event);
    this.#modelCall = undefined;
    for (const call of invalidToolCalls(event.content ?? [])) this.recordUnmade(call);
  }

  /** The SDK answers the model by itself: no tool runs, and neither it nor its telemetry tells anybody else. */
  recordUnmade({ tool, toolCallId, arguments: args, error }: InvalidToolCall): void {
    const { scope } = this.place;
    const call = { tool, toolCallId, arguments: args, scope, context: this.#context };
    this.#runtime.guard.recordUnmade(call, error);
  }

  /** Runs the provider's request with the chat span active, so that HTTP spans hang below it. */
  inModelCall<T>(execute: () => T): T {
    const context = this.#modelCall?.context;
    return context === undefined ? execute() : api.context.with(context, execute);
  }

  modelCallFailed(error: unknown): void {
    this.#modelCall?.fail(error);
    this.#modelCall = undefined;
  }

  /** Before the application's own telemetry closes its span. */
  finished(event: EndEvent): void {
    this.#finishReason = event.finishReason;
    const root = this.place.native === undefined ? undefined : this.#nativeRoot();
    const end: AgentEnd = { failed: false, finishReason: event.finishReason };
    root?.setAttributes({
      ...endAttributes(end),
      ...outcomeAttributes(this.place.scope.run),
    });
  }

  /** Once; later ends are those of a call that is over. */
  end(how: {
    readonly error?: unknown;
    readonly failed: boolean;
    readonly aborted?: boolean;
  }): void {
    if (!this.#isStarted || this.#isEnded) return;
    this.#isEnded = true;
    this.place.scope.halt?.end();
    if (how.failed) this.modelCallFailed(how.error);
    const finishReason = how.aborted === true ? 'aborted' : this.#finishReason;
    const end: AgentEnd = { ...how, finishReason };
    const { scope, ownsRun } = this.place;
    if (ownsRun) emitRunEnded(this.#runtime.agents, scope, this.#context, end);
    if (this.#span !== undefined) endAgentSpan(this.#span, scope.run, end);
    const { hasSpan } = this.place;
    const model = this.#model;
    if (!hasSpan) measureInvocation({ scope, model, startedAtMillis: this.#startedAtMillis }, end);
  }
}

/** A provider's own tool has an id and no schema of ours. */
function offeredTool({
  name,
  id,
  description,
  inputSchema,
}: Readonly<Record<string, unknown>>): OfferedTool {
  return {
    name: String(name ?? id),
    inputSchema,
    ...(typeof description === 'string' ? { description } : {}),
  };
}

/** For rules that demand a version, and for whoever compares: what this invocation asks of which model. */
function seeVersions({ versions, agent }: Scope, { modelId, instructions }: StartEvent): void {
  if (versions === undefined) return;
  if (modelId !== undefined) versions.model = modelId;
  if (agent.promptDigest === undefined && instructions !== undefined) {
    versions.promptDigest = digest(instructions);
  }
}

function addRequestContent(span: api.Span, event: StartEvent): void {
  const { instructions, messages } = event;
  if (instructions !== undefined) {
    addContent(span, GenAi.SYSTEM_INSTRUCTIONS, contentJson(systemInstructions(instructions)));
  }
  if (messages !== undefined) {
    addContent(span, GenAi.INPUT_MESSAGES, messagesJson(inputMessages(messages)));
  }
}
