import type { FailureClass } from '@aftertrace/schema';

/** What a word for a status means. */
export type StatusMeaning = 'failed' | 'timeout' | 'cancelled' | 'denied' | 'ok';

/** Words for a status, in lower case, of frameworks, protocols and OpenTelemetry. */
const STATUS_WORDS: ReadonlyMap<string, StatusMeaning> = new Map([
  ['error', 'failed'],
  ['errored', 'failed'],
  ['failed', 'failed'],
  ['failure', 'failed'],
  ['fail', 'failed'],
  ['crashed', 'failed'],
  ['exception', 'failed'],
  ['unsuccessful', 'failed'],
  ['output-error', 'failed'],
  ['status_code_error', 'failed'],
  ['timeout', 'timeout'],
  ['timed_out', 'timeout'],
  ['deadline_exceeded', 'timeout'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
  ['aborted', 'cancelled'],
  ['interrupted', 'cancelled'],
  ['denied', 'denied'],
  ['rejected', 'denied'],
  ['blocked', 'denied'],
  ['ok', 'ok'],
  ['success', 'ok'],
  ['succeeded', 'ok'],
  ['completed', 'ok'],
  ['status_code_ok', 'ok'],
]);

/** Codes of gRPC, of Google's and of other services that stand where a status stands. */
const STATUS_CLASSES: ReadonlyMap<string, FailureClass> = new Map([
  ['not_found', 'not_found'],
  ['invalid_argument', 'invalid_arguments'],
  ['invalid_request', 'invalid_arguments'],
  ['bad_request', 'invalid_arguments'],
  ['out_of_range', 'invalid_arguments'],
  ['failed_precondition', 'conflict'],
  ['already_exists', 'conflict'],
  ['permission_denied', 'permission_denied'],
  ['request_denied', 'permission_denied'],
  ['forbidden', 'permission_denied'],
  ['unauthenticated', 'unauthenticated'],
  ['unauthorized', 'unauthenticated'],
  ['resource_exhausted', 'rate_limited'],
  ['over_query_limit', 'rate_limited'],
  ['over_daily_limit', 'rate_limited'],
  ['rate_limited', 'rate_limited'],
  ['unavailable', 'unavailable'],
  ['unimplemented', 'other'],
  ['unknown_error', 'internal'],
  ['internal_error', 'internal'],
]);

const MAX_WORD_CHARS = 32;

/** What a status word means, whatever its case. */
export function meaningOfStatus(status: string): StatusMeaning | undefined {
  if (status.length > MAX_WORD_CHARS) return undefined;
  const word = status.trim().toLowerCase();
  return STATUS_WORDS.get(word) ?? (STATUS_CLASSES.has(word) ? 'failed' : undefined);
}

/** What went wrong, where the status itself says it. */
export function classOfStatus(status: unknown): FailureClass | undefined {
  return typeof status === 'string' && status.length <= MAX_WORD_CHARS
    ? STATUS_CLASSES.get(status.trim().toLowerCase())
    : undefined;
}
