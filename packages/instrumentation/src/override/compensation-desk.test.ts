import type { CompensationOrder } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import type { Evidence } from '../control/link.ts';
import { createDiagnostics } from '../diagnostics.ts';
import { createToolRegistry, type CallToUndo } from '../guard/tool-registry.ts';
import { override } from '../testing/guard-fixture.ts';
import { createCompensationDesk } from './compensation-desk.ts';

const NOW = Date.parse('2026-11-23T10:00:00.000Z');

function order(more: Partial<CompensationOrder> = {}): CompensationOrder {
  return {
    instance: 'i-1',
    arguments: { order: '7' },
    result: { id: 're_1' },
    effect: {
      id: 'eff_1',
      at: '2026-11-23T09:00:00.000Z',
      agent: 'support',
      tool: 'refund',
      reversibility: 'reversible',
      compensable: true,
      actionDigest: 'sha256:0',
      run: 'run_1',
    },
    override: override({
      kind: 'override',
      decision: 'reject',
      reason: 'wrong customer',
      prior: { source: 'agent', decision: 'call refund' },
      expiresAt: '2026-11-23T10:01:00.000Z',
    }),
    ...more,
  };
}

function desk(compensate?: (call: CallToUndo) => unknown) {
  const tools = createToolRegistry();
  if (compensate !== undefined) tools.describe('refund', { compensate });
  const proven: Evidence[] = [];
  const made = createCompensationDesk({
    instance: 'i-1',
    tools,
    now: () => NOW,
    diagnostics: createDiagnostics(() => undefined),
    prove: (evidence) => proven.push(evidence),
  });
  const outcomes = (): unknown[] => proven.map(({ data }) => data);
  return { ...made, outcomes };
}

test('a call is undone with what it was made with, and that is proven', async () => {
  const calls: CallToUndo[] = [];
  const { carryOut, outcomes } = desk((call) => void calls.push(call));
  await carryOut(order());
  expect(calls).toMatchObject([
    {
      tool: 'refund',
      arguments: { order: '7' },
      result: { id: 're_1' },
      run: 'run_1',
      reason: 'wrong customer',
    },
  ]);
  expect(outcomes()).toEqual([
    { override: 'ovr_1', status: 'succeeded', at: '2026-11-23T10:00:00.000Z' },
  ]);
});

test('an order that comes again is not carried out again, also while the first is under way', async () => {
  let calls = 0;
  const tool = Promise.withResolvers<void>();
  const { carryOut, outcomes } = desk(() => {
    calls += 1;
    return tool.promise;
  });
  const first = carryOut(order());
  await carryOut(order());
  tool.resolve();
  await first;
  await carryOut(order());
  expect(calls).toBe(1);
  expect(outcomes()).toHaveLength(1);
});

test('an order for another process is not carried out here', async () => {
  const { carryOut, outcomes } = desk(() => undefined);
  await carryOut(order({ instance: 'i-2' }));
  expect(outcomes()).toEqual([]);
});

test.each([
  ['throws', () => Promise.reject(new TypeError('order 7 of Ana')), 'undoing it threw TypeError'],
  ['says that it failed', () => ({ success: false }), 'undoing it failed'],
])('what %s has failed, and tells nothing of the call', async (_name, compensate, detail) => {
  const { carryOut, outcomes } = desk(compensate);
  await carryOut(order());
  expect(outcomes()).toMatchObject([
    { status: 'failed', detail: expect.stringContaining(detail) as unknown },
  ]);
  expect(JSON.stringify(outcomes())).not.toContain('Ana');
});

test('nothing is undone after its time, or where nothing is registered', async () => {
  const late = order();
  const { carryOut, outcomes } = desk(() => {
    throw new Error('must not be called');
  });
  await carryOut({
    ...late,
    override: { ...late.override, expiresAt: '2026-11-23T10:00:00.000Z' },
  });
  expect(outcomes()).toMatchObject([{ status: 'not_executed' }]);
  const unknown = desk();
  await unknown.carryOut(order());
  expect(unknown.outcomes()).toMatchObject([{ status: 'not_executed' }]);
});
