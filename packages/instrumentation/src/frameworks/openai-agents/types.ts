/**
 * The parts of OpenAI Agents' objects that are read here. Everything is optional or checked: what a version leaves out
 * must make telemetry poorer, never a call fail.
 */

/** An agent, as far as it names itself. */
export interface Agent {
  readonly name?: unknown;
  readonly model?: unknown;
  readonly instructions?: unknown;
}

/** What the application gives its tools: `RunContext`. */
export interface RunContext {
  readonly context?: unknown;
  isToolApproved?(call: {
    readonly toolName: string;
    readonly callId: string;
  }): boolean | undefined;
  /** Since 0.6. */
  getRejectionMessage?(toolName: string, callId: string): unknown;
}

/** A run that goes on: `RunState`. */
export interface RunState {
  readonly _currentAgent?: Agent;
  readonly _context?: RunContext;
}

/** What `Runner.run` is called with. */
export interface RunOptions {
  readonly stream?: boolean;
  readonly context?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly conversationId?: unknown;
}

/** The runner's own settings. */
export interface Runner {
  readonly config?: { readonly groupId?: unknown };
}

/** What a run gives: at its end, or at once and with its own end where it streams. */
export interface RunResult {
  readonly completed?: unknown;
  readonly interruptions?: unknown;
  readonly error?: unknown;
  /** A stream that was stopped on its way: it ends, and throws nothing. */
  readonly cancelled?: unknown;
}

/** A call of a function tool, as the model wrote it. */
export interface ModelToolCall {
  readonly callId?: unknown;
  readonly arguments?: unknown;
}

/** A function tool or a tool of an MCP server. */
export interface FunctionTool {
  readonly name: string;
  readonly description?: unknown;
}

/** A call that the runner is about to make. */
export interface ToolRun {
  readonly toolCall: ModelToolCall;
  readonly tool: FunctionTool;
}

/** What `invokeFunctionTool` is called with. */
export interface InvokeOptions {
  readonly tool: FunctionTool;
  readonly runContext?: RunContext;
  /** JSON, as the model wrote it. */
  readonly input: string;
  readonly details?: ToolDetails | undefined;
}

/** The runner makes one for each call, and keeps things under its identity. */
export interface ToolDetails {
  readonly toolCall?: ModelToolCall;
  signal?: AbortSignal | undefined;
}

/** What `tool` is called with. */
export interface ToolOptions {
  readonly execute?: unknown;
}

/** What the model is offered. */
export interface Artifacts {
  readonly serializedTools?: unknown;
}
