import type { CompiledPolicy } from '@aftertrace/policy';
import { compileBundle } from '@aftertrace/policy/compile';
import { expect, test } from 'vitest';

import { backtest } from './backtest.ts';
import { runOf, timedOut } from './testing/runs.ts';

function policyOf(...rules: readonly object[]): CompiledPolicy {
  const result = compileBundle({ name: 'draft', revision: 1, rules });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
}

/** In shadow, as new rules are: a backtest asks what enforcing it would have done. */
const bigRefunds = {
  id: 'big-refunds',
  match: { tool: 'refund', arguments: [{ pointer: '/amount', above: 100 }] },
  verdict: 'block',
};
const noSql = { id: 'no-sql', match: { tool: 'run_sql' }, verdict: 'escalate' };

test('it says what would have been stopped, in failed runs and, as false alarms, in good ones', async () => {
  const report = await backtest({
    policy: policyOf(bigRefunds, noSql),
    trajectories: [
      runOf({
        run: 'bad',
        line: 7,
        calls: [
          { tool: 'lookup', arguments: { amount: 900 } },
          { tool: 'refund', arguments: { amount: 900 }, outcome: timedOut },
        ],
      }),
      runOf({
        run: 'good',
        outcome: 'success',
        calls: [
          { tool: 'refund', arguments: { amount: 10 } },
          { tool: 'refund', arguments: { amount: 101 } },
          { tool: 'run_sql' },
        ],
      }),
      runOf({ run: 'gone', outcome: 'incomplete', calls: [{ tool: 'run_sql' }] }),
    ],
  });
  expect(report).toMatchObject({
    runs: 3,
    calls: 6,
    runOutcomes: { failed: 1, good: 1, unresolved: 1 },
    stopped: { inFailedRuns: 1, inGoodRuns: 2, inUnresolvedRuns: 1 },
    stoppedRuns: { failed: 1, good: 1, unresolved: 1 },
    notEvaluable: { count: 0, reason: '' },
  });
  expect(report.affected[0]).toEqual({
    trajectoryId: 'traj_bad',
    file: 'trajectories/failure/2026-11-22.jsonl',
    line: 7,
    stepId: 3,
    toolCallId: 'call_2',
    agent: 'support',
    tool: 'refund',
    rule: 'big-refunds',
    verdict: 'block',
    runOutcome: 'failure',
    toolOutcome: 'failed',
  });
  expect(report.byRule.get('big-refunds')).toEqual({
    verdict: 'block',
    calls: 2,
    inFailedRuns: 1,
    inGoodRuns: 1,
    inUnresolvedRuns: 0,
  });
  expect(report.byRule.get('no-sql')?.calls).toBe(2);
});

test.each([
  ['no content was kept', { content: 'none' }, {}],
  ['the arguments are not known', { content: 'full' }, { extra: { argumentsKnown: false } }],
  ['the value was redacted', { content: 'redacted' }, { arguments: { amount: '[REDACTED:card]' } }],
] as const)('where %s, a rule about arguments is not guessed', async (_, run, call) => {
  const report = await backtest({
    policy: policyOf(bigRefunds),
    trajectories: [
      runOf({
        run: 'r',
        ...run,
        calls: [
          { tool: 'refund', ...call },
          { tool: 'lookup', ...call },
        ],
      }),
    ],
  });
  expect(report.affected).toEqual([]);
  expect(report.calls).toBe(2);
  expect(report.notEvaluable.count).toBe(1);
  expect([...report.notEvaluable.byRule]).toEqual([['big-refunds', 1]]);
  expect(report.notEvaluable.reason).toMatch(/not recorded, or were redacted/);
});

test('a rule that asks for absence is not fooled by arguments that were not recorded', async () => {
  const absent = {
    id: 'needs-order',
    match: { tool: 'refund', arguments: [{ pointer: '/order', exists: false }] },
    verdict: 'block',
  };
  const report = await backtest({
    policy: policyOf(absent),
    trajectories: [runOf({ run: 'r', content: 'none', calls: [{ tool: 'refund' }] })],
  });
  expect(report).toMatchObject({ affected: [], notEvaluable: { count: 1 } });
});

test('redaction of another value does no harm', async () => {
  const report = await backtest({
    policy: policyOf(bigRefunds),
    trajectories: [
      runOf({
        run: 'r',
        content: 'redacted',
        calls: [{ tool: 'refund', arguments: { amount: 900, to: 'mail [REDACTED:email] please' } }],
      }),
    ],
  });
  expect(report).toMatchObject({ affected: [{ rule: 'big-refunds' }], notEvaluable: { count: 0 } });
});

test('a rule that needs no arguments decides where others cannot', async () => {
  const report = await backtest({
    policy: policyOf(bigRefunds, { id: 'no-refunds', match: { tool: 'refund' }, verdict: 'block' }),
    trajectories: [runOf({ run: 'r', content: 'none', calls: [{ tool: 'refund' }] })],
  });
  expect(report).toMatchObject({ affected: [{ rule: 'no-refunds' }], notEvaluable: { count: 0 } });
});

test('a flag that is certain does not hide a block that cannot be evaluated', async () => {
  const report = await backtest({
    policy: policyOf(bigRefunds, { id: 'watch', match: { tool: 'refund' }, verdict: 'flag' }),
    trajectories: [runOf({ run: 'r', content: 'none', calls: [{ tool: 'refund' }] })],
  });
  expect(report).toMatchObject({ affected: [], notEvaluable: { count: 1 } });
});

test('onError of a rule is not taken for its verdict', async () => {
  const report = await backtest({
    policy: policyOf({ ...bigRefunds, onError: 'block' }),
    trajectories: [runOf({ run: 'r', content: 'none', calls: [{ tool: 'refund' }] })],
  });
  expect(report).toMatchObject({ affected: [], notEvaluable: { count: 1 } });
});

test('a rule that would redact what is redacted already still matches', async () => {
  const redact = {
    id: 'hide-mail',
    match: { tool: 'send_email' },
    verdict: 'redact',
    with: { redactions: [{ pointer: '/to', detect: ['email'] }] },
  };
  const report = await backtest({
    policy: policyOf(redact),
    trajectories: [
      runOf({
        run: 'r',
        content: 'redacted',
        calls: [{ tool: 'send_email', arguments: { to: '[REDACTED:email]' } }],
      }),
    ],
  });
  expect(report).toMatchObject({
    affected: [{ rule: 'hide-mail', verdict: 'redact' }],
    stopped: { inFailedRuns: 0 },
  });
});

test('a rule that would have set a value in redacted arguments still matches', async () => {
  const transform = {
    id: 'cap',
    match: { tool: 'refund' },
    verdict: 'transform',
    with: { transforms: [{ pointer: '/amount', set: 10 }] },
  };
  const report = await backtest({
    policy: policyOf(transform),
    trajectories: [
      runOf({
        run: 'r',
        content: 'redacted',
        calls: [{ tool: 'refund', arguments: { to: '[REDACTED:email]' } }],
      }),
    ],
  });
  expect(report.affected).toMatchObject([{ rule: 'cap', verdict: 'transform' }]);
  expect(report.stopped.inFailedRuns).toBe(0);
});

test('where all is recorded, a rule that cannot be applied follows its onError, as it would have', async () => {
  const transform = {
    id: 'cap',
    match: { tool: 'refund' },
    verdict: 'transform',
    onError: 'block',
    with: { transforms: [{ pointer: '/order/amount', set: 10 }] },
  };
  const report = await backtest({
    policy: policyOf(transform),
    trajectories: [runOf({ run: 'r', calls: [{ tool: 'refund', arguments: { order: 'text' } }] })],
  });
  expect(report.affected).toMatchObject([{ rule: 'cap', verdict: 'block' }]);
  expect(report.stopped.inFailedRuns).toBe(1);
});

test('what the agent proposed is judged, not what policy made of it', async () => {
  const report = await backtest({
    policy: policyOf(bigRefunds),
    trajectories: [
      runOf({
        run: 'r',
        calls: [
          {
            tool: 'refund',
            arguments: { amount: 50 },
            extra: { proposedArguments: { amount: 900 } },
          },
        ],
      }),
    ],
  });
  expect(report.affected).toHaveLength(1);
});

test('hostile argument names neither break it nor change what is found', async () => {
  const args = JSON.parse('{"__proto__": {"amount": 900}, "constructor": "x"}') as Record<
    string,
    unknown
  >;
  const report = await backtest({
    policy: policyOf(bigRefunds),
    trajectories: [
      runOf({
        run: 'r',
        calls: [
          { tool: '__proto__', arguments: args },
          { tool: 'refund', arguments: args },
        ],
      }),
    ],
  });
  expect(report).toMatchObject({ calls: 2, affected: [], notEvaluable: { count: 0 } });
});

test('what recorded calls did before is known to rules that ask for it, through all runs of a conversation', async () => {
  const taint = {
    id: 'taint',
    match: { tool: 'web_get' },
    verdict: 'flag',
    with: { labels: ['web'] },
  };
  const noMail = {
    id: 'no-mail',
    match: { tool: 'mail', conversation: { labels: ['web'] } },
    verdict: 'block',
  };
  const inConversation = (conversationId: string): { extra: { conversationId: string } } => ({
    extra: { conversationId },
  });
  const { affected } = await backtest({
    policy: policyOf(taint, noMail),
    trajectories: [
      runOf({ run: 'a', calls: [{ tool: 'mail' }, { tool: 'web_get' }], ...inConversation('c1') }),
      runOf({ run: 'b', calls: [{ tool: 'mail' }], ...inConversation('c1') }),
      runOf({ run: 'c', calls: [{ tool: 'mail' }], ...inConversation('c2') }),
      runOf({ run: 'd', calls: [{ tool: 'web_get' }, { tool: 'mail' }] }),
      runOf({ run: 'e', calls: [{ tool: 'mail' }] }),
    ],
  });
  const blocked = affected.filter(({ verdict }) => verdict === 'block');
  expect(blocked.map(({ trajectoryId }) => trajectoryId)).toEqual(['traj_b', 'traj_d']);
});

test('limits count, and circuits open, over recorded calls and their times', async () => {
  const limit = {
    id: 'spend',
    match: { tool: 'refund', limit: { atMost: 100, sumOf: '/amount' } },
    verdict: 'block',
  };
  const breaker = { failures: 2, withinMillis: 3_600_000, openMillis: 120_000 };
  const circuit = { id: 'circuit', match: { tool: 'lookup', breaker }, verdict: 'block' };
  const failing = { tool: 'lookup', outcome: timedOut };
  const { byRule, notEvaluable } = await backtest({
    policy: policyOf(limit, circuit),
    trajectories: [
      runOf({
        run: 'a',
        calls: [60, 41, 40].map((amount) => ({ tool: 'refund', arguments: { amount } })),
      }),
      runOf({ run: 'b', minute: 1, calls: [failing, failing, failing] }),
      runOf({ run: 'c', minute: 2, calls: [{ tool: 'lookup' }] }),
      runOf({ run: 'd', minute: 4, calls: [{ tool: 'lookup' }, { tool: 'lookup' }] }),
    ],
  });
  expect(byRule.get('spend')?.calls).toBe(1);
  expect(byRule.get('circuit')?.calls).toBe(2);
  expect(notEvaluable.count).toBe(0);
});

test('an expression that looks at what was not recorded is not taken as fulfilled', async () => {
  const when = {
    id: 'when',
    match: { tool: 'refund' },
    when: 'arguments.amount > 5',
    verdict: 'block',
  };
  const report = await backtest({
    policy: policyOf(when),
    trajectories: [runOf({ run: 'a', content: 'none', calls: [{ tool: 'refund' }] })],
  });
  expect(report.affected).toEqual([]);
  expect(report.notEvaluable.count).toBe(1);
});

test('a call that the policy would have stopped was not made: it is no past for later ones', async () => {
  const stop = { id: 'stop', match: { tool: 'web_get' }, verdict: 'block' };
  const after = {
    id: 'after',
    match: { tool: 'mail', conversation: { afterTools: 'web_get' } },
    verdict: 'block',
  };
  const refused = {
    id: 'refused',
    match: { tool: 'mail', conversation: { refusals: { above: 0 } } },
    verdict: 'escalate',
  };
  const { affected } = await backtest({
    policy: policyOf(stop, after, refused),
    trajectories: [runOf({ run: 'a', calls: [{ tool: 'web_get' }, { tool: 'mail' }] })],
  });
  expect(affected.map(({ rule }) => rule)).toEqual(['stop', 'refused']);
});

test('a version that was not recorded is not taken as another one than is demanded', async () => {
  const pinned = { promptDigest: 'sha256:1' };
  const report = await backtest({
    policy: policyOf({ id: 'prompt', match: { pinned }, verdict: 'block' }),
    trajectories: [runOf({ run: 'a', calls: [{ tool: 'mail' }] })],
  });
  expect(report.affected).toEqual([]);
  expect(report.notEvaluable.byRule.get('prompt')).toBe(1);
});
