import { appliesTo } from '@aftertrace/policy';

import type { Scope } from '../spans/scope.ts';
import type { GuardOptions } from './guard.ts';
import { proposedCall } from './tool-call.ts';

/**
 * May a model be told of this tool at all? Not of one that is revoked for this agent: it would only be refused. Whoever hands
 * lists of tools on asks here; the call itself is decided by the guard, whatever was on a list.
 */
export function offersTool(options: GuardOptions, scope: Scope, tool: string): boolean {
  const { policy, containments } = options.link.inForce();
  const revocations = containments.filter(
    ({ kind, mode }) => kind === 'revoke' && mode === 'enforce',
  );
  if (revocations.length === 0) return true;
  const described = options.tools.get(tool);
  const proposed = proposedCall({ tool, described, scope }, undefined, policy);
  return !revocations.some((revocation) => appliesTo(revocation, proposed, options.now()));
}
