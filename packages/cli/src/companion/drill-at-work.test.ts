import type { Containment, Finding } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { isDrillAtWork } from './drill-at-work.ts';

const finding: Finding = {
  id: 'fnd_1',
  at: '2026-11-22T10:00:00.000Z',
  kind: 'decision',
  detector: { id: 'exporter', version: '1' },
  agent: 'support',
  tool: 'refund',
  rule: 'containment',
  fingerprintParts: ['decision', 'support', 'refund', 'containment'],
  severityHint: 'sev3',
  evidence: [],
  summary: 'refused',
};
const drill: Containment = {
  id: 'ctn_1',
  kind: 'kill',
  scope: { agent: 'support' },
  mode: 'enforce',
  reason: 'exercise',
  actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
  requestedAt: '2026-11-22T10:00:00.000Z',
  drill: true,
  inFlight: 'abort',
  effective: [],
  unreachable: [],
};

test.each<[string, Partial<Finding>, readonly Partial<Containment>[], boolean]>([
  ['a drill of its agent', {}, [{}], true],
  ['a drill of everything', {}, [{ scope: 'global' }], true],
  ['a drill and a kill', {}, [{}, { drill: false }], false],
  ['a drill, and a kill of another agent', {}, [{}, { drill: false, scope: { agent: 'x' } }], true],
  ['a drill of another tool', {}, [{ scope: { tool: 'email' } }], false],
  ['a drill in shadow', {}, [{ mode: 'shadow' }], false],
  ['nothing', {}, [], false],
  ['a drill, but a rule refused', { rule: 'no-refund' }, [{}], false],
  ['a drill, but it failed', { kind: 'tool_failure' }, [{}], false],
])('a call refused under %s is the drill at work or not', (_what, more, containments, expected) => {
  const all = containments.map((one) => ({ ...drill, ...one }));
  expect(isDrillAtWork({ ...finding, ...more }, all)).toBe(expected);
});
