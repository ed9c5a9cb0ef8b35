import type { ServerResponse } from 'node:http';
import type { OtlpSignal } from './accept.ts';
import { encodeString, encodeMessage, encodeVarint } from './protobuf-writer.ts';

const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest';

/** OTLP says that clients read at most so much; a reason is a line, not a page. */
const MAX_MESSAGE_CHARACTERS = 1024;

/** How an answer is written: as the request was, so far as that is known. */
export type AnswerEncoding = 'protobuf' | 'json';

/** What to tell a sender. */
export type Answer =
  | {
      readonly kind: 'success';
      readonly signal: OtlpSignal | 'metrics';
      readonly partial: { readonly count: number; readonly reason: string } | undefined;
    }
  | { readonly kind: 'bad_request'; readonly message: string }
  | { readonly kind: 'not_found'; readonly message: string }
  | {
      readonly kind: 'wrong_method' | 'unsupported';
      readonly message: string;
      /** Says what would be supported. */
      readonly header: readonly [name: 'allow' | 'accept-post' | 'accept-encoding', value: string];
    }
  | { readonly kind: 'too_large'; readonly message: string }
  | {
      readonly kind: 'unavailable';
      readonly message: string;
      readonly retryAfterSeconds: number;
    };

/** HTTP status and `google.rpc.Code` of each refusal. 500 is not among them: senders drop data on it. */
const REFUSALS = {
  bad_request: { status: 400, code: 3 },
  not_found: { status: 404, code: 5 },
  wrong_method: { status: 405, code: 12 },
  unsupported: { status: 415, code: 3 },
  too_large: { status: 413, code: 8 },
  unavailable: { status: 503, code: 14 },
} as const;

/** The name of `rejected_*` in the JSON of each signal's response; in protobuf all have the same field numbers. */
const REJECTED_FIELD = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
} as const;

export interface AnswerOptions {
  readonly encoding: AnswerEncoding;
  /** Ends the connection with this answer. */
  readonly close: boolean;
}

/** Writes an answer; resolves when it is sent or the sender is gone. */
export function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  { encoding, close }: AnswerOptions,
): Promise<void> {
  const body = encoding === 'json' ? Buffer.from(jsonBody(answer)) : protobufBody(answer);
  // Without parameters: the Collector ignores the body otherwise.
  const headers: Record<string, string | number> = {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    'content-length': body.length,
  };
  if (close) headers['connection'] = 'close';
  if ('header' in answer) headers[answer.header[0]] = answer.header[1];
  if (answer.kind === 'unavailable') {
    headers['retry-after'] = Math.max(1, Math.ceil(answer.retryAfterSeconds));
  }
  return new Promise((resolve) => {
    response.on('close', () => resolve());
    response.writeHead(answer.kind === 'success' ? 200 : REFUSALS[answer.kind].status, headers);
    response.end(body);
  });
}

function protobufBody(answer: Answer): Uint8Array {
  if (answer.kind === 'success') {
    if (answer.partial === undefined) return new Uint8Array();
    const { count, reason } = answer.partial;
    return encodeMessage(1, encodeVarint(1, count), encodeString(2, cut(reason)));
  }
  const message = cut(answer.message);
  const status = [encodeVarint(1, REFUSALS[answer.kind].code), encodeString(2, message)];
  if (answer.kind === 'bad_request') {
    const badRequest = encodeMessage(1, encodeString(2, message));
    status.push(encodeMessage(3, encodeString(1, BAD_REQUEST_TYPE), encodeMessage(2, badRequest)));
  }
  return Buffer.concat(status);
}

function jsonBody(answer: Answer): string {
  if (answer.kind === 'success') {
    if (answer.partial === undefined) return '{}';
    const { count, reason } = answer.partial;
    const partialSuccess = {
      [REJECTED_FIELD[answer.signal]]: String(count),
      errorMessage: cut(reason),
    };
    return JSON.stringify({ partialSuccess });
  }
  const message = cut(answer.message);
  const { code } = REFUSALS[answer.kind];
  if (answer.kind !== 'bad_request') return JSON.stringify({ code, message });
  const violations = { '@type': BAD_REQUEST_TYPE, fieldViolations: [{ description: message }] };
  return JSON.stringify({ code, message, details: [violations] });
}

function cut(message: string): string {
  return message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed();
}
