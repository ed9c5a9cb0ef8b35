import type { PolicyDecision, ProposedCall } from '@aftertrace/policy';
import type { Decision, Override } from '@aftertrace/schema';

import type { InForce } from '../control/link.ts';
import type { AftertraceError } from '../errors.ts';
import type { InFlightCall } from './in-flight.ts';
import type { ToolCall } from './tool-call.ts';

/** What the first half of the guard found. */
export interface Clearance {
  readonly call: ToolCall;
  /** Judged further out already: pass it on and say nothing. */
  readonly nested: boolean;
  /** What to call the tool with. */
  readonly arguments: unknown;
  readonly decision: PolicyDecision | undefined;
  /** As the policy of `basis` saw it when it decided; undefined where it was not asked, or asked about another. */
  readonly proposed: ProposedCall | undefined;
  /** Already recorded, before somebody was asked. */
  readonly recorded: Decision | undefined;
  /** A person's answer. */
  readonly override: Override | undefined;
  /** A person's answer in the framework's own flow. */
  readonly answered: Override | undefined;
  readonly refusal: Refusal | undefined;
  /** Entered while a person was awaited. */
  readonly inFlight: InFlightCall | undefined;
  /** What was in force when it was cleared; if that has changed when the call is to run, it is looked at again. */
  readonly basis: InForce | undefined;
}

/** The call must not run. */
export interface Refusal {
  readonly error: AftertraceError;
  /** `cancelled`: the caller gave up while a person was awaited. */
  readonly outcome: 'denied' | 'cancelled';
  /** Stable id for the outcome, for example `guard.policy`. */
  readonly rule: string;
}

/** A clearance with everything absent that is not given. */
export function clearance(call: ToolCall, rest: Partial<Omit<Clearance, 'call'>> = {}): Clearance {
  return {
    call,
    nested: rest.nested === true,
    arguments: 'arguments' in rest ? rest.arguments : call.arguments,
    decision: rest.decision,
    proposed: rest.proposed,
    recorded: rest.recorded,
    override: rest.override,
    answered: rest.answered,
    refusal: rest.refusal,
    inFlight: rest.inFlight,
    basis: rest.basis,
  };
}
