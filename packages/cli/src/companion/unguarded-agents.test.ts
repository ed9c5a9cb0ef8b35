import type { Judged } from '@aftertrace/exporter';
import type { Instance, WrittenTrajectory } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createUnguardedAgents } from './unguarded-agents.ts';

const NOW = Date.parse('2026-11-22T10:00:00.000Z');
const nano = (millis: number): string => `${BigInt(millis) * 1_000_000n}`;

const call = (agent: string, atMillis = NOW): Judged => ({
  kind: 'tool_call',
  timeUnixNano: nano(atMillis),
  traceId: undefined,
  spanId: undefined,
  agent,
  conversationId: undefined,
  key: `${agent} ${atMillis}`,
  tool: 'refund',
  toolCallId: undefined,
  errorType: undefined,
  outcome: { outcome: 'ok', certainty: 'certain', rule: 'x' },
});

/** As far as it is looked at. */
const run = (agent: string, endMillis = NOW): WrittenTrajectory =>
  ({
    trajectory: {
      agent: { name: agent },
      extra: { aftertrace: { timing: { endTimeUnixNano: nano(endMillis) } } },
    },
  }) as WrittenTrajectory;

const instance = (agent: string, connected = true): Instance => ({
  instance: `i-${agent}`,
  agent,
  connectedAt: '2026-11-22T10:00:00.000Z',
  lastSeen: '2026-11-22T10:00:00.000Z',
  connected,
});

test('an agent whose calls no guard has judged is out of reach, also where another process of it has one', () => {
  const agents = createUnguardedAgents({ now: () => NOW });
  agents.judged(call('support'));
  expect(agents.list(() => [instance('support')])).toEqual(['support']);
});

test('an agent that ran and that no process has named is out of reach; one that is only away is not', () => {
  const agents = createUnguardedAgents({ now: () => NOW });
  for (const name of ['known', 'away', 'unknown']) agents.written(run(name));
  expect(agents.list(() => [instance('shop, known'), instance('away', false)])).toEqual([
    'unknown',
  ]);
});

test('what is long ago, or a recording, says nothing of now', () => {
  const clock = { now: NOW };
  const agents = createUnguardedAgents({ now: () => clock.now, windowMillis: 60_000 });
  agents.judged(call('old', NOW - 60_000));
  agents.written(run('older', NOW - 86_400_000));
  agents.judged(call('recent', NOW - 59_999));
  expect(agents.list(() => [])).toEqual(['recent']);
  clock.now += 1;
  expect(agents.list(() => [])).toEqual([]);
});

test('a clock that runs ahead keeps nobody out of reach for longer', () => {
  const clock = { now: NOW };
  const agents = createUnguardedAgents({ now: () => clock.now, windowMillis: 60_000 });
  agents.judged(call('ahead', NOW + 10 * 365 * 86_400_000));
  expect(agents.list(() => [])).toEqual(['ahead']);
  clock.now += 60_000;
  expect(agents.list(() => [])).toEqual([]);
});

test('it knows a bounded number of names, those seen last', () => {
  const agents = createUnguardedAgents({ now: () => NOW });
  for (let index = 0; index < 1_500; index += 1) agents.judged(call(`agent-${index}`));
  const names = agents.list(() => []);
  expect(names).toHaveLength(1_000);
  expect(names).toContain('agent-1499');
});
