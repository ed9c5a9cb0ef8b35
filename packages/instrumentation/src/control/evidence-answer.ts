import type { HttpResult } from './http-client.ts';

/** The companion has it on disk. */
export function isTaken(result: HttpResult): boolean {
  return result.kind === 'response' && result.status < 300;
}

/** It will not become better by asking again. A wrong token may be put right, so that is no such answer. */
export function isRefusedForGood(result: HttpResult): boolean {
  return result.kind === 'response' && REFUSED.has(result.status);
}

/** The token does not speak for whom this is of. Another one may: it is set aside, not dropped. */
export function isForbidden(result: HttpResult): boolean {
  return result.kind === 'response' && result.status === 403;
}

/** Something in it is refused, or it is too large: a part of it may be taken. */
export function isAboutContent(result: HttpResult): boolean {
  return result.kind === 'response' && CONTENT.has(result.status);
}

const CONTENT = new Set([400, 413, 422]);
const REFUSED = new Set([...CONTENT, 404, 405, 415]);
