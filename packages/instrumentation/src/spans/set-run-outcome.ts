import { runtime } from '../runtime.ts';
import type { ExplicitOutcome } from './scope.ts';

/**
 * Says how the run that this code belongs to ended, before everything that could be inferred. The last word counts.
 * Outside a run it does nothing and returns false.
 */
export function setRunOutcome(
  outcome: ExplicitOutcome['outcome'],
  options: { readonly reason?: string } = {},
): boolean {
  const scope = runtime().scopes.getStore();
  if (scope === undefined) return false;
  scope.run.explicit = { outcome, reason: options.reason };
  return true;
}
