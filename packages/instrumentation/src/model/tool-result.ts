/** A call that the model asks for. */
export interface AskedCall {
  readonly tool: string;
  readonly toolCallId: string | undefined;
  readonly arguments: unknown;
}

/** What became of a call, as the application tells the model in its next request. */
export interface ToolResult {
  /** Unique in an answer, with some servers in nothing more; empty where calls have none. */
  readonly toolCallId: string;
  /** What was asked, as the request tells it; undefined where the provider keeps the conversation. */
  readonly asked: AskedCall | undefined;
  /** The part of the request that brings it. */
  readonly source: object;
  /** A value where it was JSON, else the text. */
  readonly result: unknown;
}

/** What the model may be told of a tool's result. */
export type DeliveredResult =
  | { readonly kind: 'changed'; readonly result: unknown }
  | { readonly kind: 'withheld'; readonly message: string };
