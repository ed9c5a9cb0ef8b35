import type { ModelCall, DeliveredResult } from './model-call.ts';
import type { ToolResult } from './tool-result.ts';
import type { ChatResponse } from '../spans/chat-span.ts';
import type { OfferedTool } from '../spans/tools-digest.ts';
import type { Fields } from './fields.ts';

/** By the part of the request that brings the result, where the model is told something else. */
export type Delivered = ReadonlyMap<object, DeliveredResult>;

/** A request and its answer. */
export interface Exchange {
  readonly call: ModelCall;
  /** As it was sent. */
  readonly body: Fields;
  /** The one that the application made, as it was sent: another where the model was asked again. */
  readonly asked: Fields;
  /**
   * Where every call of an answer is refused, the model may be told at once and asked again: a loop that gets no call takes
   * the answer for the last. Not without end: a model may insist.
   */
  readonly mayAskAgain: boolean;
}

/** What a stream came to. */
export interface Streamed {
  /** As if it had come whole. */
  readonly answer: Fields | undefined;
  /** The request that is to be made next. */
  readonly again?: Again | undefined;
}

/** A request that is made before the application gets an answer. */
export interface Again {
  readonly body: Fields;
  /** How the parts of its answer follow on those that were passed on; undefined: this one does not. */
  readonly follow: (part: unknown) => unknown;
}

/** One of the SDK's two ways to ask a model: where in its requests and answers the tools are. */
export interface Endpoint {
  /** `gen_ai.provider.name`, where it is not OpenAI's SDK. */
  readonly provider?: string;
  /** Whether the SDK opens a `chat` span itself. */
  nativeSpan?(resource: object): boolean;
  /** Around the sending of the request. */
  around?<T>(call: ModelCall, send: () => T): T;
  /** Options of a request that is made in between, where those of the application's own do not do. */
  optionsAgain?(options: unknown): unknown;
  results(body: Fields): readonly ToolResult[];
  tools(body: Fields): readonly OfferedTool[];
  conversationId(body: Fields): string | undefined;
  attributes(body: Fields): Readonly<Record<string, unknown>>;
  /** Content of the request for the span. */
  inputMessages(body: Fields): readonly unknown[];
  /**
   * The request without the tools that the model may not be offered, and with the calls that were refused before, which the
   * application never got; the very same where there is nothing to do.
   */
  offered(body: Fields, call: ModelCall): Fields;
  /** The request with other results; the very same where there are none. */
  withResults(body: Fields, delivered: Delivered): Fields;
  /** Judges the calls of an answer, and rewrites it. Gives the request that is to be made before the application gets one. */
  settle(exchange: Exchange, answer: Fields): Promise<Fields | undefined> | Fields | undefined;
  /** The facts of an answer, and its content. */
  response(answer: Fields): Omit<ChatResponse, 'url'>;
  outputMessages(answer: Fields): readonly unknown[];
  /** Passes the parts of a streamed answer on, those of tool calls once they are judged. */
  stream(exchange: Exchange, parts: AsyncIterable<unknown>): AsyncGenerator<unknown, Streamed>;
}
