import type { Actor, IncidentSignOff, IncidentState } from '@aftertrace/schema';

/** Where an incident may go from each state. `triage` is where machines put it; nothing leads back there. */
export const allowedTransitions: Readonly<Record<IncidentState, readonly IncidentState[]>> = {
  triage: ['open', 'dismissed', 'merged'],
  open: ['contained', 'resolved', 'dismissed', 'merged'],
  contained: ['open', 'resolved', 'merged'],
  resolved: ['open', 'review'],
  review: ['open', 'closed'],
  closed: ['open'],
  dismissed: ['open'],
  merged: [],
};

/** The only moves that a machine may make by itself: back to `open`, because the fingerprint came again. */
export const machineTransitions: readonly (readonly [IncidentState, IncidentState])[] = [
  ['resolved', 'open'],
  ['review', 'open'],
  ['closed', 'open'],
];

/** A move that someone asks for. */
export interface TransitionRequest {
  readonly to: IncidentState;
  readonly actor: Actor;
  /** Required of people and plans. */
  readonly reason: string;
  /** Required with `merged`: the incident that goes on. */
  readonly mergedInto?: string | undefined;
  /** Required with `closed`. */
  readonly signOff?: IncidentSignOff | undefined;
}

/** Why a move was refused. The message is for the person who asked: what was wrong and what to do. */
export interface TransitionRefusal {
  readonly ok: false;
  readonly code:
    | 'not_found'
    | 'not_allowed'
    | 'identity_required'
    | 'reason_required'
    | 'containment_required'
    | 'merge_target_required'
    | 'sign_off_required';
  readonly message: string;
}

function refuse(code: TransitionRefusal['code'], message: string): TransitionRefusal {
  return { ok: false, code, message };
}

function mayActor(actor: Actor, from: IncidentState, to: IncidentState): boolean {
  switch (actor.kind) {
    case 'human':
    case 'plan':
      return true;
    case 'system':
      return machineTransitions.some(([a, b]) => a === from && b === to);
    case 'agent':
      return false;
  }
}

/** `undefined` when the move is allowed, else why not. Pure; whether a merge target exists is the caller's to check. */
export function refusalOf(
  from: IncidentState,
  request: TransitionRequest,
): TransitionRefusal | undefined {
  const { actor, to } = request;
  const allowed = allowedTransitions[from];
  if (!allowed.includes(to)) {
    const where = allowed.length === 0 ? 'nowhere: that state is final' : allowed.join(', ');
    return refuse(
      'not_allowed',
      `an incident in ${from} cannot go to ${to}; from ${from} it may go to ${where}`,
    );
  }
  if (actor.id.trim() === '') {
    return refuse('identity_required', 'a transition needs the identity of whoever makes it');
  }
  if (!mayActor(actor, from, to)) {
    return refuse(
      'identity_required',
      `${from} to ${to} is a person's move, and ${actor.id} is of kind ${actor.kind}`,
    );
  }
  if (request.reason.trim() === '') {
    return refuse('reason_required', 'a transition needs a reason: say why, in a sentence');
  }
  if (to === 'merged' && request.mergedInto === undefined) {
    return refuse('merge_target_required', 'say with mergedInto which incident goes on');
  }
  if (to === 'closed' && request.signOff === undefined) {
    return refuse(
      'sign_off_required',
      'closing needs signOff: who signed the review, and whether its corrective actions are verified or their risk accepted',
    );
  }
  return undefined;
}
