/**
 * The parts of LangChain and LangGraph that are read here, as `@langchain/core` 0.3 and 1, `@langchain/langgraph` 0.2 to 0.4
 * and 1, and `langchain` 1 have them. Everything is optional or checked: what a later version leaves out must make telemetry
 * poorer, never a call fail.
 */

/** Any bag of fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** A `StructuredTool`. */
export interface Tool {
  readonly name?: unknown;
  readonly description?: unknown;
  _call?: ToolFunction;
}

/** `_call` of a tool: what its author wrote. */
export type ToolFunction = (this: unknown, input: unknown, ...rest: unknown[]) => unknown;

/** What calls are made with. */
export interface RunnableConfig extends Fields {
  readonly signal?: AbortSignal | undefined;
  readonly configurable?: Fields | undefined;
  readonly metadata?: Fields | undefined;
  readonly context?: unknown;
  readonly toolCall?: { readonly id?: unknown } | undefined;
}

/** A call that a model asks for. */
export interface ModelToolCall {
  readonly name?: unknown;
  readonly args?: unknown;
  readonly id?: unknown;
}

/** A message, of whichever kind. */
export interface Message extends Fields {
  readonly content?: unknown;
  readonly tool_calls?: readonly ModelToolCall[];
  readonly tool_call_id?: unknown;
  readonly status?: unknown;
  readonly id?: unknown;
  readonly usage_metadata?: Usage;
  readonly response_metadata?: Fields;
}

/** Tokens, as LangChain counts them. */
export interface Usage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly input_token_details?: { readonly cache_read?: number };
  readonly output_token_details?: { readonly reasoning?: number };
}

/** A compiled graph. */
export interface Graph {
  readonly name?: unknown;
}

/** A chat model. */
export interface ChatModel {
  getLsParams?(options: unknown): Fields;
  _llmType?(): unknown;
}

/** A node that calls tools. */
export interface ToolNode {
  readonly tools?: readonly Tool[];
}

/** What a person is asked by `humanInTheLoopMiddleware`. */
export interface ReviewRequest {
  readonly actionRequests?: readonly { readonly name?: unknown; readonly args?: unknown }[];
}

/** What a person answered to one of the calls. */
export interface ReviewDecision {
  readonly type?: unknown;
  readonly message?: unknown;
  readonly editedAction?: { readonly name?: unknown; readonly args?: unknown };
}

/** The fields of a value that may be anything. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The text, where it is one and says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
