import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ControlPath, ControlState, Override, type Decision } from '@aftertrace/schema';
import { describe, expect, test } from 'vitest';

import type { ContainmentProgress } from './containment-progress.ts';
import { startCompanion } from './testing/companion.ts';
import { connectAgent } from './testing/test-agent.ts';

const ana = { id: 'ana@example.com', role: 'responder' };
const revoke = {
  kind: 'revoke',
  scope: { agent: 'support', tool: 'refund' },
  reason: 'refunds twice',
  actor: ana,
} as const;
const publish = { name: 'demo', actor: ana, reason: 'first rules' };
const blockSql = {
  id: 'no-sql',
  match: { tool: 'run_sql' },
  verdict: 'block',
  mode: 'enforce',
  tests: [{ name: 'sql', call: { tool: 'run_sql', arguments: {} }, expect: 'block' }],
};

function value<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

async function errorOf(
  response: Response,
): Promise<{ code: string; message: string; problems?: { path: string }[] }> {
  return ((await response.json()) as { error: { code: string; message: string } }).error;
}

describe('the stream', () => {
  test('begins with the whole state, which is what polling gives', async () => {
    const companion = await startCompanion();
    value(await companion.client.publishPolicy({ ...publish, rules: [blockSql] }));
    value(await companion.client.contain(revoke));
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const state = ControlState.parse(await agent.state());
    expect(state).toMatchObject({
      revision: 2,
      policy: { name: 'demo', revision: 1, rules: [{ id: 'no-sql' }] },
      containments: [{ kind: 'revoke', scope: { tool: 'refund' }, actor: { assurance: 'token' } }],
    });
    const polled = await companion.request(`${ControlPath.STATE}?instance=i-2&agent=support`);
    expect(await polled.json()).toEqual(state);
    const etag = polled.headers.get('etag') ?? '';
    const again = await companion.request(ControlPath.STATE, {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
  });

  test('carries a heartbeat in its interval', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    await agent.state();
    companion.clock.advance(10_000);
    const beat = await agent.next(({ event }) => event === 'heartbeat');
    expect(beat.data).toEqual({ at: '2026-11-22T10:00:10.000Z' });
  });

  test('needs an instance', async () => {
    const companion = await startCompanion();
    const response = await companion.request(`${ControlPath.STREAM}?agent=support`);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).problems?.[0]?.path).toBe('instance');
  });

  test('a reader that takes nothing holds up nobody, is held in bounds, and is cut', async () => {
    const companion = await startCompanion();
    const slow = await companion.request(`${ControlPath.STREAM}?instance=slow&agent=support`);
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const rules = Array.from({ length: 900 }, (_, n) => ({
      id: `rule-${n}`,
      description: 'x'.repeat(900),
      match: { tool: `tool_${n}` },
      verdict: 'block',
    }));
    // Far more than the kernel takes for a reader that reads nothing.
    for (let n = 1; n <= 20; n += 1) {
      value(await companion.client.publishPolicy({ ...publish, rules }));
      await agent.state((state) => state.policy?.revision === n);
    }
    expect(companion.plane.instances().filter(({ connected }) => connected)).toHaveLength(2);
    companion.clock.advance(40_000);
    expect(companion.logged.join()).toMatch(/stream of "slow" cut/);
    await expect(slow.text()).rejects.toThrow(/terminated/);
    companion.clock.advance(10_000);
    await agent.next(({ event }) => event === 'heartbeat');
  });
});

describe('a containment', () => {
  test('reaches every stream and is effective once every process has proven it', async () => {
    const seen: string[] = [];
    const companion = await startCompanion({
      onContainment: (progress, change) => seen.push(`${change} ${progress.state}`),
    });
    const agents = await Promise.all(
      ['i-1', 'i-2'].map(async (instance) => connectAgent(companion, { instance })),
    );
    const ordered = value(await companion.client.contain({ ...revoke, ttlMillis: 900_000 }));
    expect(ordered).toMatchObject({ state: 'waiting', pending: ['i-1', 'i-2'] });
    expect(ordered.containment).toMatchObject({
      requestedAt: '2026-11-22T10:00:00.000Z',
      expiresAt: '2026-11-22T10:15:00.000Z',
      effective: [],
    });
    const { id } = ordered.containment;
    const waiting = companion.client.waitEffective(id, { timeoutMillis: 60_000 });
    for (const [index, agent] of agents.entries()) {
      const state = await agent.state(({ containments }) => containments.length === 1);
      companion.clock.advance(20);
      const containments = [{ id, aborted: index }];
      expect((await agent.ack(state, { containments })).status).toBe(204);
    }
    const done = value(await waiting);
    expect(done).toMatchObject({ state: 'effective', pending: [] });
    expect(done.containment.effective).toEqual([
      { instance: 'i-1', at: '2026-11-22T10:00:00.020Z', aborted: 0 },
      { instance: 'i-2', at: '2026-11-22T10:00:00.040Z', aborted: 1 },
    ]);
    expect(seen).toEqual([
      'containment.requested waiting',
      'containment.effective waiting',
      'containment.effective effective',
    ]);
  });

  test('is recorded as effective once for a process, and again when that process has aborted more', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const { id } = value(await companion.client.contain(revoke)).containment;
    const state = await agent.state(({ containments }) => containments.length === 1);
    await agent.ack(state);
    await agent.ack(state);
    await agent.ack(state, {
      containments: [
        { id, aborted: 2 },
        { id: 'ctn_unknown', aborted: 1 },
      ],
    });
    expect(await companion.audit('containment.effective')).toHaveLength(2);
    const [progress] = value(await companion.client.containments());
    expect(progress?.containment.effective).toMatchObject([{ instance: 'i-1', aborted: 2 }]);
  });

  test('with a process that never answers is not effective but unreachable, until it answers', async () => {
    const companion = await startCompanion();
    const good = await connectAgent(companion, { instance: 'i-1' });
    const mute = await connectAgent(companion, { instance: 'i-2' });
    const { id } = value(await companion.client.contain(revoke)).containment;
    const state = await good.state(({ containments }) => containments.length === 1);
    await good.ack(state);
    const waiting = companion.client.waitEffective(id, { timeoutMillis: 60_000 });
    companion.clock.advance(4_999);
    expect(value(await companion.client.containments())[0]).toMatchObject({
      state: 'waiting',
      pending: ['i-2'],
    });
    companion.clock.advance(1);
    expect(value(await waiting)).toMatchObject({
      state: 'unreachable',
      containment: { unreachable: ['i-2'] },
    });
    expect(await companion.audit('containment.unreachable')).toMatchObject([
      { data: { containment: id, instance: 'i-2' } },
    ]);
    await mute.ack(state);
    expect(value(await companion.client.containments())[0]).toMatchObject({
      state: 'effective',
      containment: { unreachable: [] },
    });
  });

  test('without a live process is never called effective', async () => {
    const companion = await startCompanion();
    await connectAgent(companion, { instance: 'i-1', agent: 'another' });
    const { id } = value(await companion.client.contain(revoke)).containment;
    const waiting = companion.client.waitEffective(id, { timeoutMillis: 60_000 });
    companion.clock.advance(5_000);
    expect(value(await waiting)).toMatchObject({ state: 'no_live_instance', pending: [] });
  });

  test('is proven by a process that names the agent only later', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1', agent: 'my-service' });
    value(await companion.client.contain(revoke));
    await agent.ack(await agent.state(({ containments }) => containments.length === 1));
    expect(await companion.audit('containment.effective')).toEqual([]);
    await agent.evidence([{ seq: 1, type: 'decision', data: decision('support') }]);
    expect(value(await companion.client.containments())[0]).toMatchObject({ state: 'effective' });
  });

  test('a wait that is over gives what is known then', async () => {
    const companion = await startCompanion();
    await connectAgent(companion, { instance: 'i-1' });
    const { id } = value(await companion.client.contain(revoke)).containment;
    const waiting = companion.plane.waitEffective(id, { timeoutMillis: 1_000 });
    await companion.client.instances(); // By then it waits.
    companion.clock.advance(1_000);
    expect(value(await waiting)).toMatchObject({ state: 'waiting', pending: ['i-1'] });
    const abort = AbortSignal.abort();
    const aborted = await companion.plane.waitEffective(id, {
      timeoutMillis: 1_000,
      signal: abort,
    });
    expect(value(aborted).state).toBe('waiting');
  });

  test('expires by itself: the streams hear of it, and it is written down', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const { id } = value(
      await companion.client.contain({ ...revoke, ttlMillis: 60_000 }),
    ).containment;
    const during = await agent.state(({ containments }) => containments.length === 1);
    companion.clock.advance(60_000);
    const after = await agent.state(({ containments }) => containments.length === 0);
    expect(after.revision).toBeGreaterThan(during.revision);
    expect(await companion.audit('containment.expired')).toMatchObject([
      { data: { containment: id } },
    ]);
    expect(
      (
        await companion.post(`${ControlPath.CONTAINMENTS}/${id}/release`, {
          actor: ana,
          reason: 'late',
        })
      ).status,
    ).toBe(410);
  });

  test('is released once, with identity and reason', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const { id } = value(await companion.client.contain(revoke)).containment;
    await agent.state(({ containments }) => containments.length === 1);
    const missing = await companion.post(`${ControlPath.CONTAINMENTS}/${id}/release`, {
      actor: { id: '' },
      reason: ' ',
    });
    expect(missing.status).toBe(400);
    expect((await errorOf(missing)).problems?.map(({ path }) => path)).toEqual([
      'actor.id',
      'reason',
    ]);
    const released = value(await companion.client.release(id, { actor: ana, reason: 'fixed' }));
    expect(released).toMatchObject({
      state: 'released',
      containment: { released: { reason: 'fixed', actor: ana } },
    });
    await agent.state(({ containments }) => containments.length === 0);
    expect(await companion.client.release(id, { actor: ana, reason: 'again' })).toMatchObject({
      error: {
        code: 'already_released',
        message: expect.stringContaining('ana@example.com') as unknown,
      },
    });
    expect(await companion.client.release('ctn_none', { actor: ana, reason: 'x' })).toMatchObject({
      error: { code: 'not_found' },
    });
  });

  test.each([
    ['an empty scope', { ...revoke, scope: {} }, 'scope'],
    ['no reason', { ...revoke, reason: '  ' }, 'reason'],
    ['nobody', { ...revoke, actor: {} }, 'actor.id'],
    ['an unknown field', { ...revoke, ttl: 5 }, ''],
    ['retire with an end', { ...revoke, kind: 'retire', ttlMillis: 5 }, 'ttlMillis'],
    ['an end in another age', { ...revoke, ttlMillis: 9e15 }, 'ttlMillis'],
  ])('with %s is refused and says where', async (_name, body, path) => {
    const companion = await startCompanion();
    const response = await companion.post(ControlPath.CONTAINMENTS, body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).problems?.map((problem) => problem.path)).toEqual([path]);
    expect(await companion.audit('containment.requested')).toEqual([]);
  });
});

describe('an approval', () => {
  test('a rejection reaches the agent with everything the record needs, and its outcome is sealed', async () => {
    const overrides: Override[] = [];
    const companion = await startCompanion({ onOverride: (override) => overrides.push(override) });
    const agent = await connectAgent(companion, { instance: 'i-1' });
    expect(
      (await agent.askApproval({ run: 'run_1', conversation: 'c-1', policyRevision: 3 })).status,
    ).toBe(201);
    const [pending] = value(await companion.client.approvals({ state: 'pending' }));
    expect(pending).toMatchObject({
      state: 'pending',
      request: { arguments: { order: '7', amount: 950 } },
    });
    companion.clock.advance(1_000);
    const answer = { decision: 'reject', actor: ana, reason: 'not a refund case' } as const;
    const override = value(await companion.client.answer('apr_i-1', answer));
    expect(Override.parse(override)).toMatchObject({
      at: '2026-11-22T10:00:01.000Z',
      kind: 'approval',
      decision: 'reject',
      reason: 'not a refund case',
      actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
      prior: { source: 'policy', decision: 'escalate', rule: 'big-refund', tool: 'refund' },
      outcome: { status: 'pending' },
      agent: 'support',
      run: 'run_1',
      conversation: 'c-1',
      policyRevision: 3,
      expiresAt: '2026-11-22T10:01:00.000Z',
    });
    const received = await agent.answer();
    expect(received).toMatchObject({ approval: 'apr_i-1', instance: 'i-1', override });
    expect(received.actionDigest).toBe(override.actionDigest);
    const outcome = {
      override: override.id,
      status: 'not_executed',
      at: '2026-11-22T10:00:02.000Z',
    };
    await agent.evidence([{ seq: 1, type: 'override.outcome', data: outcome }]);
    const [settled] = value(await companion.client.approvals());
    expect(settled).toMatchObject({
      state: 'answered',
      override: { outcome: { status: 'not_executed' } },
    });
    expect(overrides.map(({ outcome: { status } }) => status)).toEqual(['pending', 'not_executed']);
    const types = (await companion.audit()).map(({ type }) => type);
    expect(types).toEqual(['approval.requested', 'override', 'override.outcome']);
  });

  test('changed arguments go to the agent, and the record says what changed without holding them', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    await agent.askApproval({ arguments: { order: 'secret-7', amount: 950, note: { a: 1 } } });
    const args = { order: 'secret-7', amount: 95, note: { a: 1, b: 2 } };
    const answer = { decision: 'modify', actor: ana, reason: 'typo', arguments: args } as const;
    const override = value(await companion.client.answer('apr_i-1', answer));
    expect(override.change?.paths).toEqual(['/amount', '/note/b']);
    expect(override.change?.before).toBe(override.prior.argumentsDigest);
    expect((await agent.answer()).arguments).toEqual(args);
    expect(JSON.stringify(await companion.audit())).not.toContain('secret-7');
  });

  test('of two answers at the same time one counts, and the other hears who was first', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    await agent.askApproval();
    const results = await Promise.all(
      ['approve', 'reject'].map(async (decision) =>
        companion.post(`${ControlPath.APPROVALS}/apr_i-1`, {
          decision,
          actor: ana,
          reason: 'mine',
        }),
      ),
    );
    expect(results.map(({ status }) => status).sort()).toEqual([200, 409]);
    const late = results.find(({ status }) => status === 409);
    expect(late === undefined ? '' : (await errorOf(late)).message).toMatch(
      /answered: \w+ by ana@example.com/,
    );
    expect(await companion.audit('override')).toHaveLength(1);
  });

  test('cannot be given after it expired', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    await agent.askApproval();
    companion.clock.advance(60_000);
    const answer = { decision: 'approve', actor: ana, reason: 'ok' };
    const response = await companion.post(`${ControlPath.APPROVALS}/apr_i-1`, answer);
    expect(response.status).toBe(410);
    expect(value(await companion.client.approvals())).toMatchObject([{ state: 'expired' }]);
    expect(await companion.audit('approval.expired')).toHaveLength(1);
    expect(await companion.audit('override')).toEqual([]);
  });

  test.each([
    ['no reason', { decision: 'approve', actor: ana, reason: ' ' }, ['reason']],
    ['no identity', { decision: 'approve', reason: 'ok' }, ['actor']],
    ['neither', { decision: 'approve', actor: { id: '' } }, ['actor.id', 'reason']],
    ['no arguments to modify', { decision: 'modify', actor: ana, reason: 'ok' }, ['arguments']],
    [
      'arguments to approve',
      { decision: 'approve', actor: ana, reason: 'ok', arguments: {} },
      ['arguments'],
    ],
  ])('with %s is refused, says which, and still waits', async (_name, body, paths) => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    await agent.askApproval();
    const response = await companion.post(`${ControlPath.APPROVALS}/apr_i-1`, body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).problems?.map(({ path }) => path)).toEqual(paths);
    expect(value(await companion.client.approvals())).toMatchObject([{ state: 'pending' }]);
  });

  test('is not given by whom its rule does not name, and the attempt is written down', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    await agent.askApproval({ approvers: ['finance', 'bo@example.com'] });
    const answer = { decision: 'approve', actor: ana, reason: 'ok' } as const;
    expect(await companion.client.answer('apr_i-1', answer)).toMatchObject({
      error: { code: 'not_an_approver' },
    });
    expect(await companion.audit('access.refused')).toMatchObject([
      { data: { cause: 'not_an_approver', claimed: 'ana@example.com' } },
    ]);
    const finance = { ...answer, actor: { ...ana, role: 'finance' } };
    value(await companion.client.answer('apr_i-1', finance));
  });

  test('is sent again on a new stream until its outcome is known, and never to another process', async () => {
    const companion = await startCompanion();
    const first = await connectAgent(companion, { instance: 'i-1' });
    const other = await connectAgent(companion, { instance: 'i-2' });
    await first.askApproval();
    const override = value(
      await companion.client.answer('apr_i-1', { decision: 'approve', actor: ana, reason: 'ok' }),
    );
    await first.answer();
    first.disconnect();
    const second = await connectAgent(companion, { instance: 'i-1' });
    expect((await second.answer()).override.id).toBe(override.id);
    const data = { override: override.id, status: 'succeeded', at: override.at };
    await second.evidence([{ seq: 1, type: 'override.outcome', data }]);
    const third = await connectAgent(companion, { instance: 'i-1' });
    companion.clock.advance(10_000);
    await third.next(({ event }) => event === 'heartbeat');
    await other.next(({ event }) => event === 'heartbeat');
    for (const agent of [third, other]) {
      expect(agent.received.filter(({ event }) => event === 'approval')).toEqual([]);
    }
  });

  test('asked for twice is one, and another call under its id is refused', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    await agent.askApproval();
    expect((await agent.askApproval()).status).toBe(201);
    expect((await agent.askApproval({ tool: 'run_sql' })).status).toBe(409);
    expect(await companion.audit('approval.requested')).toHaveLength(1);
  });
});

function decision(agent = 'support'): Decision {
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

describe('a policy', () => {
  test('gets the next revision, reaches the streams, and its proof is written down once', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    value(await companion.client.publishPolicy({ ...publish, rules: [blockSql] }));
    const second = value(await companion.client.publishPolicy({ ...publish, rules: [] }));
    expect(second).toMatchObject({
      bundle: { revision: 2, rules: [] },
      actor: { id: 'ana@example.com' },
    });
    const state = await agent.state(({ policy }) => policy?.revision === 2);
    await agent.ack(state, { policyRevision: 2 });
    await agent.ack(state, { policyRevision: 2 });
    expect(await companion.audit('policy.effective')).toMatchObject([
      { data: { instance: 'i-1', policyRevision: 2 } },
    ]);
    expect(value(await companion.client.instances())).toMatchObject([
      {
        instance: 'i-1',
        agent: 'support',
        connected: true,
        acknowledged: state.revision,
        policyRevision: 2,
      },
    ]);
  });

  test('with anything wrong is refused whole with every problem, and the one before stays', async () => {
    const companion = await startCompanion();
    value(await companion.client.publishPolicy({ ...publish, rules: [blockSql] }));
    const bad = [
      { ...blockSql, id: 'Bad Id' },
      { ...blockSql, id: 'typo', verdcit: 'block' },
    ];
    const refused = await companion.post(ControlPath.POLICY, { ...publish, rules: bad });
    expect(refused.status).toBe(422);
    const error = await errorOf(refused);
    expect(error.message).toMatch(/revision 1 stays in force/);
    expect(error.problems?.map(({ path }) => path).join()).toMatch(/rules\[0\].*rules\[1\]/);
    const failing = {
      ...blockSql,
      tests: [{ name: 'no', call: { tool: 'x', arguments: {} }, expect: 'block' }],
    };
    expect(await companion.client.publishPolicy({ ...publish, rules: [failing] })).toMatchObject({
      error: { code: 'policy_refused' },
    });
    expect(value(await companion.client.policy())?.bundle).toMatchObject({ revision: 1 });
    expect(await companion.audit('policy.refused')).toHaveLength(2);
    expect((await companion.audit('policy.refused'))[0]?.actor).toMatchObject({
      id: 'ana@example.com',
    });
  });

  test('that an agent refuses is written down', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const state = await agent.state();
    await agent.ack(state, {
      refused: { policyRevision: 4, problems: ['rules[0]: unknown verdict'] },
    });
    expect(await companion.audit('policy.refused')).toMatchObject([
      { actor: { kind: 'agent' }, data: { instance: 'i-1', policyRevision: 4 } },
    ]);
  });
});

describe('evidence', () => {
  test('is sealed once; gaps are written down, and what comes late fills them', async () => {
    const decisions: string[] = [];
    const companion = await startCompanion({
      onDecision: (one, from) => decisions.push(`${one.id} ${from.instance}`),
    });
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const record = (seq: number) => ({ seq, type: 'decision', data: decision() });
    const first = await agent.evidence([record(1), record(2), record(2)]);
    expect(await first.json()).toEqual({ accepted: 2, duplicates: 1, invalid: 0, missing: 0 });
    expect(await (await agent.evidence([record(5), record(6)])).json()).toMatchObject({
      accepted: 2,
      missing: 2,
    });
    expect(await (await agent.evidence([record(3), record(5)])).json()).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    expect(await companion.audit('evidence.gap')).toMatchObject([
      { data: { instance: 'i-1', from: 3, to: 4, cause: 'missing' } },
    ]);
    const sealed = (await companion.audit('decision')).map(({ data }) => data['evidenceSeq']);
    expect(sealed).toEqual([1, 2, 5, 6, 3]);
    expect(decisions).toHaveLength(5);
    const restarted = await companion.restart();
    const batch = { instance: 'i-1', agent: 'support', records: [record(3), record(4), record(7)] };
    const receipt = await (await restarted.post(ControlPath.EVIDENCE, batch)).json();
    expect(receipt).toEqual({ accepted: 2, duplicates: 1, invalid: 0, missing: 0 });
  });

  test('that is none does not keep the rest out, and is a gap of its own', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const records = [
      { seq: 1, type: 'decision', data: { ...decision(), verdict: 'maybe' } },
      { seq: 2, type: 'decision', data: { ...decision(), reason: 'half a pair \ud800' } },
    ];
    expect(await (await agent.evidence(records)).json()).toMatchObject({
      accepted: 1,
      invalid: 1,
      missing: 0,
    });
    expect(await companion.audit('evidence.gap')).toMatchObject([
      { data: { from: 1, to: 1, cause: 'invalid' } },
    ]);
    expect((await companion.audit('decision'))[0]?.data).toMatchObject({
      decision: { reason: 'half a pair \ufffd' },
    });
  });

  test('about a person is a claim, whatever assurance it names', async () => {
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
    await agent.evidence([{ seq: 1, type: 'override', data: override }]);
    expect((await companion.audit('override'))[0]).toMatchObject({
      actor: { kind: 'agent', id: 'support' },
      data: { override: { actor: { assurance: 'asserted' } }, claimedAssurance: 'mfa' },
    });
  });
});

describe('a restart', () => {
  test('keeps containments, policy, revisions and what waits for people', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    value(await companion.client.publishPolicy({ ...publish, rules: [blockSql] }));
    value(await companion.client.contain({ ...revoke, ttlMillis: 60_000 }));
    const state = await agent.state(({ containments }) => containments.length === 1);
    await agent.ack(state);
    await agent.askApproval({ id: 'apr_open' });
    await agent.askApproval({ id: 'apr_answered' });
    const modify = {
      decision: 'modify',
      actor: ana,
      reason: 'ok',
      arguments: { amount: 1 },
    } as const;
    value(await companion.client.answer('apr_answered', modify));
    const before = {
      policy: value(await companion.client.policy()),
      approvals: value(await companion.client.approvals()),
      containment: value(await companion.client.containments())[0]?.containment,
    };
    const again = await companion.restart();
    const agentAgain = await connectAgent(again, { instance: 'i-1' });
    expect(await agentAgain.state()).toEqual(state);
    expect((await agentAgain.answer()).arguments).toEqual({ amount: 1 });
    expect({
      policy: value(await again.client.policy()),
      approvals: value(await again.client.approvals()),
      containment: value(await again.client.containments())[0]?.containment,
    }).toEqual(before);
    value(await again.client.answer('apr_open', { decision: 'approve', actor: ana, reason: 'ok' }));
    const next = value(await again.client.publishPolicy({ ...publish, rules: [] }));
    expect(next.bundle.revision).toBe(2);
    const newer = await agentAgain.state(({ policy }) => policy?.revision === 2);
    expect(newer.revision).toBeGreaterThan(state.revision);
    again.clock.advance(60_000);
    await agentAgain.state(({ containments }) => containments.length === 0);
  });

  test('what expired while the companion was away is written down when it is back', async () => {
    const companion = await startCompanion();
    value(await companion.client.contain({ ...revoke, ttlMillis: 60_000 }));
    await companion.stop();
    companion.clock.advance(120_000);
    const again = await startCompanion({ clock: companion.clock, dataDir: companion.dataDir });
    expect(value(await again.client.containments())).toMatchObject([{ state: 'expired' }]);
    expect(await again.audit('containment.expired')).toHaveLength(1);
  });

  test('gives processes time to come back before they count as unreachable', async () => {
    const companion = await startCompanion();
    const agent = await connectAgent(companion, { instance: 'i-1' });
    value(await companion.client.contain(revoke));
    await agent.state(({ containments }) => containments.length === 1);
    await companion.stop();
    companion.clock.advance(60_000);
    const again = await startCompanion({ clock: companion.clock, dataDir: companion.dataDir });
    expect(value(await again.client.containments())[0]).toMatchObject({
      state: 'waiting',
      pending: ['i-1'],
    });
    const back = await connectAgent(again, { instance: 'i-1' });
    await back.ack(await back.state());
    expect(value(await again.client.containments())[0]).toMatchObject({ state: 'effective' });
  });
});

test('what cannot be recorded is not done, and says so', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  // The ledger notices that something else wrote to its file, and writes no more.
  await appendFile(join(companion.dataDir, 'audit.jsonl'), 'intruder\n');
  const results = [
    await companion.client.contain(revoke),
    await companion.client.publishPolicy({ ...publish, rules: [] }),
    await companion.client.answer('apr_i-1', { decision: 'approve', actor: ana, reason: 'ok' }),
  ];
  for (const result of results)
    expect(result).toMatchObject({ error: { code: 'ledger_unavailable' } });
  expect(companion.plane.state()).toEqual({ revision: 0, containments: [] });
  expect((await agent.evidence([{ seq: 1, type: 'decision', data: decision() }])).status).toBe(503);
});

test('arguments are kept beside the ledger under their digest, for their own user', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval();
  const [entry] = await companion.audit('approval.requested');
  const name = String(entry?.data['argumentsDigest']).replace('sha256:', '');
  expect(await readdir(join(companion.dataDir, 'details'))).toEqual([`${name}.json`]);
});

test('start and shutdown may be called again, and shutdown ends the streams', async () => {
  const companion = await startCompanion();
  await companion.plane.start();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = (value(await companion.client.contain(revoke)) as ContainmentProgress).containment;
  const waiting = companion.plane.waitEffective(id, { timeoutMillis: 60_000 });
  await companion.plane.shutdown();
  await companion.plane.shutdown();
  await agent.ended;
  expect(value(await waiting).state).toBe('waiting');
  expect((await companion.request(ControlPath.INSTANCES)).status).toBe(503);
});
