/**
 * The parts of `@anthropic-ai/sdk` that are read here. Everything is optional or checked: what a later version leaves out
 * must make telemetry poorer, never a call fail.
 */

/** A client, as far as its telemetry goes. */
export interface Client {
  /** Makes the SDK's own spans; absent where they are switched off, and before 0.134. */
  readonly _tracer?: unknown;
}

/** `beta.messages`, or a message thread. */
export interface Messages {
  readonly _client?: Client;
}

/** What a tool runner is started with. */
export interface RunnerParams {
  readonly model?: unknown;
  readonly tools?: readonly unknown[] | undefined;
}

/** Options of a request. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly openTelemetry?: { readonly conversationId?: unknown } | undefined;
}

/** A tool with its implementation. */
export interface RunnableTool {
  readonly name?: unknown;
  readonly description?: unknown;
  readonly parse?: ((input: unknown) => unknown) | undefined;
  readonly run: (input: unknown, context?: RunContext) => unknown;
}

/** What a tool is told of the call. */
export interface RunContext {
  readonly toolUse?: ToolUse | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A `tool_use` block of an answer, or the like event of a session. */
export interface ToolUse {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
}

/** A set of tools of which the SDK runs one member a call. */
export interface RunnableToolset {
  readonly run: (context: RunContext, toolUse: ToolUse) => unknown;
}

/** A message of the model. */
export interface Message {
  readonly content?: unknown;
  readonly stop_reason?: unknown;
}

/** The tool runner, as far as it is followed here. */
export interface ToolRunner {
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
  readonly params?: RunnerParams;
  generateToolResponse?: (...args: unknown[]) => unknown;
  setMessagesParams?: (params: unknown) => unknown;
}
