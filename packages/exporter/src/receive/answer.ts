import type { OtlpSignal } from './accept.ts';
import { encodeString, encodeMessage, encodeVarint } from './protobuf-writer.ts';

const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest';
const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';

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
  /** No token, or one that may not send telemetry. */
  | { readonly kind: 'unauthenticated' | 'forbidden'; readonly message: string }
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

/** Every answer but success. */
export type Refusal = Exclude<Answer, { kind: 'success' }>;

/** HTTP status and `google.rpc.Code` of each refusal. 500 is not among them: senders drop data on it. */
export const REFUSALS = {
  bad_request: { status: 400, code: 3 },
  not_found: { status: 404, code: 5 },
  unauthenticated: { status: 401, code: 16 },
  forbidden: { status: 403, code: 7 },
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

/** An `Export*ServiceResponse`. */
export function encodeSuccess({ partial }: Extract<Answer, { kind: 'success' }>): Uint8Array {
  if (partial === undefined) return new Uint8Array();
  const { count, reason } = partial;
  return encodeMessage(1, encodeVarint(1, count), encodeString(2, cut(reason)));
}

/** A `google.rpc.Status` with the details that its code has. */
export function encodeStatus(
  refusal: Refusal,
  code: number = REFUSALS[refusal.kind].code,
): Uint8Array {
  const message = cut(refusal.message);
  const status = [encodeVarint(1, code), encodeString(2, message)];
  if (refusal.kind === 'bad_request') {
    status.push(encodeDetail(BAD_REQUEST_TYPE, encodeMessage(1, encodeString(2, message))));
  }
  if (refusal.kind === 'unavailable') {
    const seconds = retryAfterSeconds(refusal);
    status.push(encodeDetail(RETRY_INFO_TYPE, encodeMessage(1, encodeVarint(1, seconds))));
  }
  return Buffer.concat(status);
}

/** Whole seconds, at least one: a fraction is no valid `Retry-After`, and none means "at once". */
export function retryAfterSeconds(refusal: Extract<Answer, { kind: 'unavailable' }>): number {
  return Math.max(1, Math.ceil(refusal.retryAfterSeconds));
}

/** One `google.protobuf.Any` in the details of a status. */
function encodeDetail(type: string, detail: Uint8Array): Uint8Array {
  return encodeMessage(3, encodeString(1, type), encodeMessage(2, detail));
}

/** The same answers in OTLP/JSON. */
export function jsonBody(answer: Answer): string {
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

/** A message as it may be sent. */
export function cut(message: string): string {
  return message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed();
}
