/**
 * Why the control plane did not do what was asked. On the wire it is `{ error: ControlProblem }`.
 *
 * `unreachable` and `bad_answer` are made by the client only: nobody answers, or what answers is no companion.
 */
export type ControlProblemCode =
  | 'invalid_request'
  | 'unauthorized'
  | 'forbidden_host'
  | 'forbidden_origin'
  | 'forbidden_role'
  | 'forbidden_actor'
  | 'forbidden_agent'
  | 'separation_of_duties'
  | 'not_an_approver'
  | 'not_a_person'
  | 'plan_off'
  | 'redeployment_required'
  | 'not_found'
  | 'method_not_allowed'
  | 'already_answered'
  | 'already_released'
  | 'no_longer_waiting'
  | 'conflict'
  | 'expired'
  | 'too_large'
  | 'unsupported_media_type'
  | 'policy_refused'
  | 'rate_limited'
  | 'ledger_unavailable'
  | 'tokens_unavailable'
  | 'overloaded'
  | 'not_running'
  | 'internal'
  | 'unreachable'
  | 'bad_answer';

/** One field or rule that is wrong. */
export interface FieldProblem {
  /** Where, for example `actor.id` or `rules[2].match`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

export interface ControlProblem {
  readonly code: ControlProblemCode;
  /** A sentence for a person: what was wrong and what to do. */
  readonly message: string;
  /** Everything that is wrong, where several things can be. */
  readonly problems?: readonly FieldProblem[];
}

/** What an operation gives: an expected refusal is a value, not an exception. */
export type ControlResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ControlProblem };

export function succeed<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse(
  code: ControlProblemCode,
  message: string,
  problems?: readonly FieldProblem[],
): { readonly ok: false; readonly error: ControlProblem } {
  return { ok: false, error: { code, message, ...(problems === undefined ? {} : { problems }) } };
}
