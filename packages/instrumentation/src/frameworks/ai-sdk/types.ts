/**
 * The parts of the AI SDK's internal objects that are read here, as `ai` 7 has them. Everything is optional or checked:
 * what a later version leaves out must make telemetry poorer, never a call fail.
 */

/** What `generateText` and `streamText` are called with, as far as it names the agent. */
export interface CallOptions {
  /** Id of the ToolLoopAgent that makes the call. */
  readonly id?: unknown;
  readonly telemetry?: TelemetrySettings | undefined;
  readonly experimental_telemetry?: TelemetrySettings | undefined;
  readonly abortSignal?: AbortSignal | undefined;
  readonly runtimeContext?: Readonly<Record<string, unknown>> | undefined;
  /** Its name before 7; any value. */
  readonly experimental_context?: unknown;
  /** What is read, or handed on in another form, before 7. */
  readonly model?: unknown;
  readonly tools?: Readonly<Record<string, Tool>> | undefined;
  readonly system?: unknown;
  readonly prompt?: unknown;
  readonly messages?: unknown;
}

/** The application's own telemetry settings. */
export interface TelemetrySettings {
  readonly isEnabled?: boolean;
  readonly functionId?: unknown;
  readonly integrations?: unknown;
}

/** Lifecycle callback. */
export type Callback<Event> = ((event: Event) => unknown) | undefined;

/** What `createTelemetryDispatcher` returns, as far as it is composed here. */
export interface Dispatcher {
  readonly onStart?: Callback<StartEvent>;
  readonly onStepStart?: Callback<unknown>;
  readonly onLanguageModelCallStart?: Callback<ModelCallStartEvent>;
  readonly onLanguageModelCallEnd?: Callback<ModelCallEndEvent>;
  readonly onToolExecutionStart?: Callback<unknown>;
  readonly onToolExecutionEnd?: Callback<ToolExecutionEndEvent>;
  readonly onStepEnd?: Callback<unknown>;
  readonly onStepError?: Callback<{ readonly error?: unknown }>;
  readonly onEnd?: Callback<EndEvent>;
  readonly onAbort?: Callback<unknown>;
  readonly onError?: Callback<{ readonly error?: unknown }>;
  readonly executeLanguageModelCall?: ExecuteWrapper;
  readonly executeTool?: ExecuteWrapper;
}

/** Runs something inside the context of an integration. */
export type ExecuteWrapper = (
  options: { readonly execute: () => PromiseLike<unknown> } & Readonly<Record<string, unknown>>,
) => PromiseLike<unknown>;

/** A message of the AI SDK, read piece by piece. */
export type Message = Readonly<Record<string, unknown>>;

export interface StartEvent {
  readonly callId?: string;
  readonly operationId?: string;
  readonly provider?: string;
  readonly modelId?: string;
  readonly instructions?: unknown;
  readonly messages?: readonly Message[];
}

export interface ModelCallStartEvent {
  readonly provider?: string;
  readonly modelId?: string;
  readonly instructions?: unknown;
  readonly messages?: readonly Message[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
}

export interface Usage {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly inputTokenDetails?: { readonly cacheReadTokens?: number | undefined };
  readonly outputTokenDetails?: { readonly reasoningTokens?: number | undefined };
}

export interface ModelCallEndEvent {
  readonly modelId?: string;
  readonly finishReason?: string;
  readonly responseId?: string;
  readonly usage?: Usage;
  readonly content?: readonly Readonly<Record<string, unknown>>[];
  readonly request?: { readonly url?: string };
}

export interface EndEvent {
  readonly finishReason?: string;
  readonly text?: string;
}

export interface ToolExecutionEndEvent {
  readonly toolOutput?: Readonly<Record<string, unknown>> & { readonly error?: unknown };
}

/** What `executeToolCall` is called with. */
export interface ExecuteToolCallOptions {
  readonly toolCall: {
    readonly toolName: string;
    readonly toolCallId: string;
    readonly input: unknown;
  };
  readonly tools?: Readonly<Record<string, Tool>>;
  readonly abortSignal?: AbortSignal;
  readonly executeToolInTelemetryContext?: object;
}

export interface Tool {
  readonly description?: unknown;
  readonly execute?: (input: unknown, options: ToolExecuteOptions) => unknown;
}

export interface ToolExecuteOptions {
  readonly toolCallId?: unknown;
  readonly abortSignal?: AbortSignal | undefined;
}
