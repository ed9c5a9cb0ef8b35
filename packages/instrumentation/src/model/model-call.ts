import * as api from '@opentelemetry/api';

import { isAftertraceError, type AftertraceError } from '../errors.ts';
import { bothSignals } from '../guard/both-signals.ts';
import { runStopped, type Halt } from '../guard/halt.ts';
import type { Settled } from '../guard/judge.ts';
import type { ToolCall } from '../guard/tool-call.ts';
import type { Runtime } from '../runtime.ts';
import {
  chatMeasured,
  endChatSpan,
  failChatSpan,
  startChatSpan,
  type ChatMeasured,
  type ChatResponse,
} from '../spans/chat-span.ts';
import { errorType } from '../spans/error-type.ts';
import { isRealSpan } from '../spans/is-real-span.ts';
import { scopeAttributes } from '../spans/identity-attributes.ts';
import { measureModelCall } from '../spans/metrics.ts';
import { countModelCall, countTokens, type Scope } from '../spans/scope.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import { toolsDigest, type OfferedTool } from '../spans/tools-digest.ts';
import { boundaryParent, boundaryScope } from './boundary-scope.ts';
import { judgeAnswer, type Verdict } from './judge-answer.ts';
import { IMPLIED_RUNS } from './proposals.ts';
import type { AskedCall, DeliveredResult, ToolResult } from './tool-result.ts';

export type { AskedCall, DeliveredResult } from './tool-result.ts';

/** A request to a model, in nobody's dialect. */
export interface ModelRequest {
  /** `gen_ai.provider.name`. */
  readonly provider: string;
  readonly model: string;
  /** Settings of the request for the span: called only where somebody may see it. */
  readonly attributes?: (() => Readonly<Record<string, unknown>>) | undefined;
  readonly conversationId?: string | undefined;
  /** The caller's own way to stop it. */
  readonly signal: AbortSignal | undefined;
  /** The function tools that the model is offered; called only in governed processes. */
  readonly tools?: (() => readonly OfferedTool[]) | undefined;
  /** Results of tool calls that the request brings. */
  readonly results: readonly ToolResult[];
  /** Of the call that this one follows on, where the code that makes it does not stand in it. */
  readonly scope?: Scope | undefined;
  /** The SDK opens a `chat` span itself, and hands it over with `adopt`: none is opened here. */
  readonly nativeSpan?: boolean | undefined;
}

/** One call of a model, from before its request to the end of its answer. */
export interface ModelCall {
  readonly scope: Scope;
  /** With the `chat` span, once it is prepared: the request is made in it. */
  readonly context: api.Context;
  /** For the request: aborts when a kill stops the agent, and when the caller gives up. */
  readonly signal: AbortSignal | undefined;
  /**
   * The SDK's own span of this call, now that it is open: where nothing else does, it keeps a run in one trace. Where it has
   * none that goes anywhere, as with a copy of the API that no SDK has registered with, one is opened.
   */
  adopt(span: api.Span | undefined): void;
  /** Whether the tool calls of the answer are judged here: not where a framework around it does. */
  readonly judgesTools: boolean;
  /** Whether anything in force may refuse or change a call: where not, a streamed answer needs no waiting. */
  mayRefuse(): boolean;
  /** Whether the model may be offered this tool. */
  offers(tool: string): boolean;
  /**
   * Before the request is made: may the agent go on, and what is the model told of results? Undefined: everything as it is.
   * @throws AftertraceError `run_stopped`, or rejects with it.
   */
  prepare(): Promise<ReadonlyMap<object, DeliveredResult>> | undefined;
  /** Judges what the answer asks for; in its order. */
  judge(calls: readonly AskedCall[]): readonly Verdict[] | Promise<readonly Verdict[]>;
  /** The provider has run this one by itself. */
  seen(call: AskedCall, settled: Settled): void;
  /** The span, where content belongs that somebody will see; undefined where nobody does. */
  contentSpan(): api.Span | undefined;
  end(response: ChatResponse): void;
  /** What the caller gets where a containment has stopped the agent meanwhile. */
  stopped(): AftertraceError | undefined;
  /** Gives what the caller gets instead of `error`: what stopped the agent, where something did. */
  fail(error: unknown): unknown;
}

/** Begins it. Never throws. */
export function beginModelCall(shared: Runtime, request: ModelRequest): ModelCall {
  return new BoundaryCall(shared, request);
}

class BoundaryCall implements ModelCall {
  readonly signal: AbortSignal | undefined;
  readonly judgesTools: boolean;
  readonly #shared: Runtime;
  readonly #request: ModelRequest;
  readonly #halt: Halt | undefined;
  /** Nobody has opened its run, so that nothing else could stop it or keep its spans in one trace. */
  readonly #isImplied: boolean;
  #scope: Scope;
  /** Where its spans belong. */
  #parent: api.Context;
  #context: api.Context;
  #span: api.Span | undefined;
  /** Where the span is the SDK's own, which nobody else measures; by `performance.now()`. */
  #startedAtMillis = 0;
  #isOver = false;

  constructor(shared: Runtime, request: ModelRequest) {
    this.#shared = shared;
    this.#request = request;
    const { signal } = request;
    const scope = request.scope ?? boundaryScope(shared, request);
    this.judgesTools = scope.framework === undefined || scope.toolCall !== undefined;
    this.#scope = scope;
    this.#parent = boundaryParent(scope);
    this.#context = this.#parent;
    this.#isImplied = IMPLIED_RUNS.has(scope.run);
    this.#halt = this.#isImplied ? shared.guard.startRun(scope, signal) : scope.halt;
    this.signal = this.#isImplied
      ? (this.#halt?.signal ?? signal)
      : bothSignals(scope.halt?.signal, signal);
  }

  get scope(): Scope {
    return this.#scope;
  }

  get context(): api.Context {
    return this.#context;
  }

  /** The agent may go on: only now there is a model call. */
  #open(): void {
    const scope = this.#scope;
    const parent = this.#parent;
    if (this.#request.nativeSpan !== true) this.#span = this.#openSpan(scope, parent);
    if (this.#span !== undefined) this.#context = api.trace.setSpan(parent, this.#span);
    if (this.#isImplied) {
      if (api.trace.getSpan(parent) === undefined) this.#parent = this.#context;
      this.#scope = { ...scope, context: this.#parent };
    }
    countModelCall(scope);
    this.#startedAtMillis = performance.now();
    this.#see();
  }

  #openSpan(scope: Scope, parent: api.Context): api.Span | undefined {
    const { instance, diagnostics } = this.#shared;
    const { provider, model, attributes } = this.#request;
    if (scope.modelCall === true) return undefined;
    return diagnostics.protect(
      'model.open_span',
      () => {
        const about = Object.assign(scopeAttributes(scope, instance), attributes?.());
        return startChatSpan({ provider, model, attributes: about }, parent);
      },
      undefined,
    );
  }

  adopt(native: api.Span | undefined): void {
    const isNative = isRealSpan(native);
    if (!isNative) this.#span ??= this.#openSpan(this.#scope, this.#parent);
    else native.setAttributes(withoutUndefined(scopeAttributes(this.scope, this.#shared.instance)));
    const span = isNative ? native : this.#span;
    if (span === undefined || !this.#isImplied || api.trace.getSpan(this.#parent) !== undefined)
      return;
    this.#parent = api.trace.setSpan(this.#parent, span);
    this.#scope = { ...this.#scope, context: this.#parent };
  }

  /** For rules that demand a version. The digest of the tools is taken when one asks: most model calls propose none. */
  #see(): void {
    const { versions, agent } = this.scope;
    if (versions === undefined || !this.#shared.link.governed || !this.judgesTools) return;
    versions.model = this.#request.model;
    if (agent.toolsDigest !== undefined) return;
    // Tools that have no digest must not pass for those of before.
    delete versions.toolsDigest;
    const { tools } = this.#request;
    if (tools === undefined) return;
    const { diagnostics } = this.#shared;
    const digest = (): string | undefined =>
      diagnostics.protect('model.tools', () => toolsDigest(tools()), undefined);
    lazily(versions, 'toolsDigest', digest);
  }

  mayRefuse(): boolean {
    const { link } = this.#shared;
    if (!link.governed) return false;
    if (link.untilReady() !== undefined) return true;
    const { policy, containments, closed } = link.inForce();
    return policy !== undefined || containments.length > 0 || closed !== undefined;
  }

  offers(tool: string): boolean {
    return !this.#shared.link.governed || this.#shared.guard.offers(this.scope, tool);
  }

  prepare(): Promise<ReadonlyMap<object, DeliveredResult>> | undefined {
    const ended = this.judgesTools ? this.#endResults() : [];
    const admitted = this.#admit();
    if (admitted === undefined) this.#open();
    if (admitted === undefined && ended.length === 0) return undefined;
    return (async () => {
      if (admitted !== undefined) {
        await admitted;
        this.#open();
      }
      const delivered = await Promise.all(ended);
      return new Map(delivered.flatMap((each) => (each === undefined ? [] : [each])));
    })();
  }

  #admit(): Promise<void> | undefined {
    return this.#shared.link.governed ? this.#shared.guard.admitStep(this.scope) : undefined;
  }

  /** From the last on: where ids repeat in a conversation, what waits is the last that has one. */
  #endResults(): Promise<readonly [object, DeliveredResult] | undefined>[] {
    const { proposals } = this.#shared;
    const { run, agent } = this.scope;
    return this.#request.results.toReversed().flatMap((result) => {
      const delivered = proposals.end(run, result);
      if (delivered !== undefined) return [this.#told(result, delivered)];
      const told = proposals.told.of(agent, result);
      return told === undefined ? [] : [Promise.resolve([result.source, told] as const)];
    });
  }

  /** What the model is told, where it is not the result itself. The application never gets it: it brings its own each time. */
  async #told(
    result: ToolResult,
    delivered: Promise<unknown>,
  ): Promise<readonly [object, DeliveredResult] | undefined> {
    const told = await deliveredOf(result, delivered);
    if (told === undefined) return undefined;
    this.#shared.proposals.told.keep(this.scope.agent, result, told);
    return [result.source, told];
  }

  judge(calls: readonly AskedCall[]): readonly Verdict[] | Promise<readonly Verdict[]> {
    return judgeAnswer(
      this.#shared,
      calls.map((call) => this.#toolCall(call)),
    );
  }

  seen(call: AskedCall, settled: Settled): void {
    this.#shared.guard.recordSeen(this.#toolCall(call), settled);
  }

  #toolCall({ tool, toolCallId, arguments: args }: AskedCall): ToolCall {
    return { tool, toolCallId, arguments: args, scope: this.scope, context: this.#parent };
  }

  contentSpan(): api.Span | undefined {
    if (!this.#shared.settings.captureContent) return undefined;
    return this.#span?.isRecording() === true ? this.#span : undefined;
  }

  end(response: ChatResponse): void {
    countTokens(this.scope, response);
    this.#close(
      (span) => endChatSpan(span, response),
      () => chatMeasured(response),
    );
  }

  fail(error: unknown): unknown {
    const stopped = this.stopped();
    this.#close(
      (span) => failChatSpan(span, error),
      () => ({ errorType: errorType(error) }),
    );
    return stopped === undefined || isAftertraceError(error) ? error : stopped;
  }

  stopped(): AftertraceError | undefined {
    const containment = this.#halt?.stoppedBy();
    return containment === undefined ? undefined : runStopped(this.scope.agent.name, containment);
  }

  #close(action: (span: api.Span) => void, measured: () => ChatMeasured): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const span = this.#span;
    if (this.#isImplied) this.#halt?.end();
    if (span === undefined) return this.#measureNative(measured);
    this.#shared.diagnostics.protect('model.end', () => action(span), undefined);
  }

  /** A call whose span is the SDK's own; one that is told further out is measured there. */
  #measureNative(measured: () => ChatMeasured): void {
    const { nativeSpan, provider, model } = this.#request;
    if (nativeSpan !== true || this.#scope.modelCall === true) return;
    measureModelCall({ provider, model, startedAtMillis: this.#startedAtMillis, ...measured() });
  }
}

async function deliveredOf(
  { result }: ToolResult,
  delivered: Promise<unknown>,
): Promise<DeliveredResult | undefined> {
  try {
    const value = await delivered;
    return value === result ? undefined : { kind: 'changed', result: value };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'withheld', message };
  }
}

/** The property is made when it is read, once. */
function lazily<T extends object, K extends keyof T>(owner: T, key: K, make: () => T[K]): void {
  let made: { readonly value: T[K] } | undefined;
  Object.defineProperty(owner, key, {
    configurable: true,
    enumerable: true,
    get: () => (made ??= { value: make() }).value,
    set: (value: T[K]) => {
      made = { value };
    },
  });
}
