import type { Decision } from '@aftertrace/schema';

import type { ControlProblem, ControlResult } from '../control-problem.ts';

/** The person who acts in tests. */
export const ana = { id: 'ana@example.com', role: 'responder' };

/** A containment of one tool of one agent. */
export const revoke = {
  kind: 'revoke',
  scope: { agent: 'support', tool: 'refund' },
  reason: 'refunds twice',
  actor: ana,
} as const;

/** Who publishes a policy, without its rules. */
export const publish = { name: 'demo', actor: ana, reason: 'first rules' };

/** A rule with a test of its own. */
export const blockSql = {
  id: 'no-sql',
  match: { tool: 'run_sql' },
  verdict: 'block',
  mode: 'enforce',
  tests: [{ name: 'sql', call: { tool: 'run_sql', arguments: {} }, expect: 'block' }],
};

export function decision(agent = 'support'): Decision {
  return {
    id: 'dec_1',
    at: '2026-11-22T10:00:00.000Z',
    verdict: 'block',
    action: 'block',
    source: 'policy',
    rule: 'no-sql',
    rules: [{ id: 'no-sql', verdict: 'block', mode: 'enforce' }],
    agent,
    tool: 'run_sql',
  };
}

/** The value of a result that must be one. */
export function value<T>(result: ControlResult<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** The problem that a response carries. */
export async function errorOf(response: Response): Promise<ControlProblem> {
  return ((await response.json()) as { readonly error: ControlProblem }).error;
}
