import { ControlPath, digest, type Override } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { startCompanion } from './testing/companion.ts';
import { decision } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

test('evidence is sealed once; gaps are written down, and what comes late fills them', async () => {
  const decisions: string[] = [];
  const companion = await startCompanion({
    onDecision: (one, from) => decisions.push(`${one.id} ${from.instance}`),
  });
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const record = (seq: number) => ({ seq, type: 'decision', data: decision() });
  const first = await agent.evidence([record(0), record(1), record(1)]);
  expect(await first.json()).toEqual({ accepted: 2, duplicates: 1, invalid: 0, missing: 0 });
  expect(await (await agent.evidence([record(4), record(5)])).json()).toMatchObject({
    accepted: 2,
    missing: 2,
  });
  expect(await (await agent.evidence([record(2), record(4)])).json()).toMatchObject({
    accepted: 1,
    duplicates: 1,
  });
  expect(await companion.audit('evidence.gap')).toMatchObject([
    { data: { instance: 'i-1', from: 2, to: 3, cause: 'missing' } },
  ]);
  const sealed = (await companion.audit('decision')).map(({ data }) => data['evidenceSeq']);
  expect(sealed).toEqual([0, 1, 4, 5, 2]);
  expect(decisions).toHaveLength(5);
  const restarted = await companion.restart();
  const batch = { instance: 'i-1', agent: 'support', records: [record(2), record(3), record(6)] };
  const receipt = await (await restarted.post(ControlPath.EVIDENCE, batch)).json();
  expect(receipt).toEqual({ accepted: 2, duplicates: 1, invalid: 0, missing: 0 });
});

test('evidence that is none does not keep the rest out, and is a gap of its own', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const records = [
    { seq: 0, type: 'decision', data: { ...decision(), verdict: 'maybe' } },
    { seq: 1, type: 'decision', data: { ...decision(), reason: 'half a pair \ud800' } },
  ];
  expect(await (await agent.evidence(records)).json()).toMatchObject({
    accepted: 1,
    invalid: 1,
    missing: 0,
  });
  expect(await companion.audit('evidence.gap')).toMatchObject([
    { data: { from: 0, to: 0, cause: 'invalid' } },
  ]);
  expect((await companion.audit('decision'))[0]?.data).toMatchObject({
    decision: { reason: 'half a pair \ufffd' },
  });
});

test.each([
  ['a process', { instance: 'i'.repeat(201) }, 'instance'],
  ['an agent', { agent: 'a'.repeat(513) }, 'agent'],
])('a name of %s without end is refused with its limit, everywhere', async (_who, name, field) => {
  const companion = await startCompanion();
  const names = { instance: 'i-1', agent: 'support', ...name };
  const { revision } = companion.plane.state();
  const query = new URLSearchParams(names).toString();
  const at = companion.clock.now();
  const asked = [
    await companion.post(ControlPath.EVIDENCE, {
      ...names,
      records: [{ seq: 0, type: 'decision', data: decision() }],
    }),
    await companion.post(ControlPath.ACKS, {
      ...names,
      revision,
      inForceSince: new Date(at).toISOString(),
      containments: [],
    }),
    await companion.request(`${ControlPath.STREAM}?${query}`),
    await companion.request(`${ControlPath.STATE}?${query}`),
  ];
  for (const response of asked) {
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(new RegExp(`${field}.*${field === 'agent' ? 512 : 200}`));
  }
  expect(companion.plane.instances()).toEqual([]);
  expect(await companion.audit('decision')).toEqual([]);
});

test('a decision under a name of an agent without end is a gap, and no name that is kept', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const data = { ...decision(), agent: 'a'.repeat(513) };
  const receipt = await (await agent.evidence([{ seq: 0, type: 'decision', data }])).json();
  expect(receipt).toMatchObject({ accepted: 0, invalid: 1 });
  expect(await companion.audit('evidence.gap')).toMatchObject([
    { data: { cause: 'invalid', problems: [expect.stringContaining('512') as unknown] } },
  ]);
  expect(companion.plane.instances()).toMatchObject([{ agent: 'support' }]);
});

test('a batch of which every other number is missing is taken, and what comes late is no duplicate', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const record = (seq: number) => ({ seq, type: 'decision', data: decision() });
  const numbers = Array.from({ length: 900 }, (_, n) => n);
  const odd = await agent.evidence(numbers.map((n) => record(n * 2 + 1)));
  expect(await odd.json()).toMatchObject({ accepted: 900, missing: 900, duplicates: 0 });
  const even = await agent.evidence(numbers.map((n) => record(n * 2)));
  expect(await even.json()).toMatchObject({ accepted: 900, missing: 0, duplicates: 0 });
  const again = await agent.evidence(numbers.map((n) => record(n * 2)));
  expect(await again.json()).toMatchObject({ accepted: 0, duplicates: 900 });
});

test('evidence about a person is a claim, whatever assurance it names', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const override: Override = {
    id: 'ovr_agent',
    at: '2026-11-22T10:00:00.000Z',
    kind: 'override',
    actor: { kind: 'human', id: 'ceo@example.com', assurance: 'mfa' },
    decision: 'approve',
    reason: 'because',
    prior: { source: 'policy', decision: 'block' },
    actionDigest: 'sha256:00',
    outcome: { status: 'succeeded' },
    agent: 'support',
  };
  await agent.evidence([{ seq: 0, type: 'override', data: override }]);
  expect((await companion.audit('override'))[0]).toMatchObject({
    actor: { kind: 'agent', id: 'support' },
    data: { override: { actor: { assurance: 'asserted' } }, claimedAssurance: 'mfa' },
  });
});

test('of two records with one number the first counts, with what it takes to undo it', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const record = (order: string) => ({
    seq: 0,
    type: 'effect',
    data: {
      id: `eff_${order}`,
      at: '2026-11-22T10:00:00.000Z',
      agent: 'support',
      tool: 'refund',
      reversibility: 'reversible',
      compensable: true,
      actionDigest: `sha256:${'d'.repeat(64)}`,
      run: 'run_1',
      arguments: { order },
    },
  });
  const answer = await agent.evidence([record('1'), record('2')]);
  expect(await answer.json()).toEqual({ accepted: 1, duplicates: 1, invalid: 0, missing: 0 });
  expect(await companion.audit('effect')).toMatchObject([
    { data: { effect: { id: 'eff_1' }, argumentsDigest: digest({ order: '1' }) } },
  ]);
});
