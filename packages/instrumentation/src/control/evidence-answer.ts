import type { HttpResult } from './http-client.ts';

/** The companion has it on disk. */
export function isTaken(result: HttpResult): boolean {
  return result.kind === 'response' && result.status < 300;
}

/** It will not become better by asking again. A wrong token may be put right, so that is no such answer. */
export function isRefusedForGood(result: HttpResult): boolean {
  return result.kind === 'response' && REFUSED.has(result.status);
}

const REFUSED = new Set([400, 404, 405, 413, 415, 422]);
