import type { NumberPoint } from '@aftertrace/exporter';
import { ControlPath, type Decision, type Override } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createControlMetrics, type ControlMetrics } from './control-metrics.ts';

const decision: Decision = {
  id: 'd1',
  at: '2026-01-01T00:00:00.000Z',
  verdict: 'block',
  action: 'allow',
  source: 'policy',
  rule: 'no-refunds',
  rules: [],
  agent: 'support',
  tool: 'refund',
};

const override: Override = {
  id: 'o1',
  at: '2026-01-01T00:00:00.000Z',
  kind: 'override',
  actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
  decision: 'terminate',
  reason: 'wrong customer',
  prior: { source: 'agent', decision: 'call refund', tool: 'refund' },
  actionDigest: 'x',
  outcome: { status: 'pending' },
  agent: 'support',
};

function points(metrics: ControlMetrics, name: string, instances: Instances = []): unknown {
  return metrics.metrics(instances).find((metric) => metric.name === `aftertrace.companion.${name}`)
    ?.points;
}
type Instances = Parameters<ControlMetrics['metrics']>[0];

test('decisions are counted by what was said and what was done', () => {
  const metrics = createControlMetrics();
  metrics.decided(decision);
  metrics.decided({ ...decision, id: 'd2' });
  const { rule: _, ...byDefault } = decision;
  metrics.decided({ ...byDefault, source: 'default' });
  const attributes = {
    'gen_ai.agent.name': 'support',
    'gen_ai.tool.name': 'refund',
    'aftertrace.decision.verdict': 'block',
    'aftertrace.decision.action': 'allow',
    'aftertrace.decision.source': 'policy',
    'aftertrace.decision.rule': 'no-refunds',
  };
  expect(points(metrics, 'decisions')).toEqual([
    { attributes, value: 2 },
    {
      attributes: {
        ...attributes,
        'aftertrace.decision.source': 'default',
        'aftertrace.decision.rule': '',
      },
      value: 1,
    },
  ]);
});

test('overrides are counted by kind and decision', () => {
  const metrics = createControlMetrics();
  metrics.overridden(override);
  metrics.overridden({ ...override, id: 'o2', kind: 'approval', decision: 'approve' });
  expect(points(metrics, 'overrides')).toMatchObject([
    { attributes: { 'aftertrace.override.kind': 'override' }, value: 1 },
    { attributes: { 'aftertrace.override.kind': 'approval' }, value: 1 },
  ]);
});

test('requests that were turned away are counted by cause, evidence told apart', () => {
  const metrics = createControlMetrics();
  const refusal = { cause: 'forbidden_agent', method: 'POST', remote: '127.0.0.1' };
  metrics.refused({ ...refusal, path: ControlPath.EVIDENCE });
  metrics.refused({ ...refusal, path: ControlPath.EVIDENCE });
  metrics.refused({ ...refusal, path: ControlPath.ACKS });
  expect(points(metrics, 'refusals')).toEqual([
    { attributes: { cause: 'forbidden_agent', evidence: 'true' }, value: 2 },
    { attributes: { cause: 'forbidden_agent', evidence: 'false' }, value: 1 },
  ]);
});

test('guards that are connected are counted by agent; one whose processes are gone stays with 0', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const process = { connectedAt: at, lastSeen: at };
  expect(
    points(createControlMetrics(), 'guards.live', [
      { ...process, instance: 'i1', agent: 'support, billing', connected: true },
      { ...process, instance: 'i2', agent: 'support', connected: true },
      { ...process, instance: 'i3', agent: 'old', connected: false },
    ]),
  ).toEqual([
    { attributes: { 'gen_ai.agent.name': 'support' }, value: 2 },
    { attributes: { 'gen_ai.agent.name': 'billing' }, value: 1 },
    { attributes: { 'gen_ai.agent.name': 'old' }, value: 0 },
  ]);
});

test('names of agents are cut, and more of them than are told apart are counted together', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const instances = Array.from({ length: 502 }, (_, index) => ({
    instance: `i${index}`,
    agent: `${index}-${'x'.repeat(1000)}`,
    connected: true,
    connectedAt: at,
    lastSeen: at,
  }));
  const told = points(createControlMetrics(), 'guards.live', instances) as NumberPoint[];
  expect(told).toHaveLength(501);
  expect(told.at(-1)).toEqual({ attributes: { 'otel.metric.overflow': 'true' }, value: 2 });
  const names = told.map(({ attributes }) => attributes['gen_ai.agent.name'] ?? '');
  expect(Math.max(...names.map(({ length }) => length))).toBe(128);
});
