import type { ServerResponse } from 'node:http';

import type { ControlProblem, ControlProblemCode } from '../control-problem.ts';

const STATUS: Readonly<Record<ControlProblemCode, number>> = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden_host: 403,
  forbidden_origin: 403,
  forbidden_role: 403,
  forbidden_actor: 403,
  forbidden_agent: 403,
  separation_of_duties: 403,
  not_an_approver: 403,
  not_a_person: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_answered: 409,
  already_released: 409,
  no_longer_waiting: 409,
  conflict: 409,
  plan_off: 409,
  redeployment_required: 409,
  expired: 410,
  too_large: 413,
  unsupported_media_type: 415,
  policy_refused: 422,
  rate_limited: 429,
  internal: 500,
  bad_answer: 502,
  ledger_unavailable: 503,
  tokens_unavailable: 503,
  overloaded: 503,
  not_running: 503,
  unreachable: 503,
};

/** The HTTP status that a code is sent with. */
export function statusOf(code: ControlProblemCode): number {
  return STATUS[code];
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

export function sendProblem(response: ServerResponse, error: ControlProblem): void {
  if (error.code === 'unauthorized') response.setHeader('www-authenticate', 'Bearer');
  // What was not read of the body must not be taken for the next request.
  if (error.code === 'too_large') response.setHeader('connection', 'close');
  sendJson(response, STATUS[error.code], { error });
}
