import type { Containment, Verdict } from '@aftertrace/schema';

import type { ProposedCall } from './call.ts';

/**
 * Does a containment cover this call now? In `shadow` too: what follows from it is `decide`'s business.
 * Scope fields are exact and all must hold; what is unknown of the call fulfils none of them. A containment that is
 * released or expired covers nothing; `retire` does not expire. A quarantine lets calls pass that only read.
 */
export function appliesTo(
  containment: Containment,
  call: ProposedCall,
  nowMillis: number,
): boolean {
  if (containment.kind === 'quarantine' && call.reversibility === 'read_only') return false;
  return covers(containment, call) && isActive(containment, nowMillis);
}

/**
 * Neither released nor expired. A time that cannot be read never comes: the order stands until it is released. A
 * retirement has no end before somebody has begun to lift it.
 */
export function isActive(containment: Containment, nowMillis: number): boolean {
  if (containment.released !== undefined) return false;
  if (containment.expiresAt === undefined) return true;
  if (containment.kind === 'retire' && containment.staged === undefined) return true;
  const expiresAtMillis = Date.parse(containment.expiresAt);
  return Number.isNaN(expiresAtMillis) || nowMillis < expiresAtMillis;
}

/** The verdict that a kind of containment stands for. */
export function verdictOf(containment: Containment): Verdict {
  return containment.kind === 'quarantine' ? 'quarantine' : 'block';
}

function covers(containment: Containment, call: ProposedCall): boolean {
  const { scope } = containment;
  if (scope === 'global') return true;
  if (scope.tool !== undefined && scope.tool !== call.tool) return false;
  if (scope.agent !== undefined && scope.agent !== call.agent) return false;
  if (scope.run !== undefined && scope.run !== call.run) return false;
  if (scope.conversation !== undefined && scope.conversation !== call.conversation) return false;
  if (scope.tenant !== undefined && scope.tenant !== call.tenant) return false;
  if (scope.agentVersion !== undefined && scope.agentVersion !== call.agentVersion) return false;
  return scope.capability === undefined || call.capabilities?.includes(scope.capability) === true;
}
