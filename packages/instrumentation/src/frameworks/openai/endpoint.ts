import type { ModelCall, DeliveredResult } from '../../model/model-call.ts';
import type { ToolResult } from '../../model/proposals.ts';
import type { ChatResponse } from '../../spans/chat-span.ts';
import type { OfferedTool } from '../../spans/tools-digest.ts';
import type { Fields } from './fields.ts';

/** Results of tools by the id of their call, where the model is told something else. */
export type Delivered = ReadonlyMap<string, DeliveredResult>;

/** One of the SDK's two ways to ask a model: where in its requests and answers the tools are. */
export interface Endpoint {
  /** `gen_ai.provider.name`, where it is not OpenAI's SDK. */
  readonly provider?: string;
  /** Whether the SDK opens a `chat` span itself. */
  nativeSpan?(resource: object): boolean;
  /** Around the sending of the request. */
  around?<T>(call: ModelCall, send: () => T): T;
  results(body: Fields): readonly ToolResult[];
  tools(body: Fields): readonly OfferedTool[];
  conversationId(body: Fields): string | undefined;
  attributes(body: Fields): Readonly<Record<string, unknown>>;
  /** Content of the request for the span. */
  inputMessages(body: Fields): readonly unknown[];
  /** The request without the tools that the model may not be offered; the very same where none is taken out. */
  withoutRevoked(body: Fields, call: ModelCall): Fields;
  /** The request with other results; the very same where there are none. */
  withResults(body: Fields, delivered: Delivered): Fields;
  /** Judges the calls of an answer, and rewrites it. */
  settle(call: ModelCall, answer: Fields): Promise<void> | void;
  /** The facts of an answer, and its content. */
  response(answer: Fields): Omit<ChatResponse, 'url'>;
  outputMessages(answer: Fields): readonly unknown[];
  /** Passes the parts of a streamed answer on, those of tool calls once they are judged; gives the answer that they make. */
  stream(
    call: ModelCall,
    parts: AsyncIterable<unknown>,
  ): AsyncGenerator<unknown, Fields | undefined>;
}
