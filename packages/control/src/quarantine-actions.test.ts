import { ControlPath, type Override, type QuarantineAnswer } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createControlClient } from './client/create-control-client.ts';
import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { ana, errorOf, revoke, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

const DIGEST = `sha256:${'b'.repeat(64)}`;
const release = { decision: 'release', actor: ana, reason: 'the address is right' } as const;

let ids = 0;

function held(more: object = {}): object {
  ids += 1;
  return {
    id: `qtn_${ids}`,
    instance: 'i-1',
    agent: 'support',
    tool: 'send_email',
    arguments: { to: 'bo@example.com' },
    actionDigest: DIGEST,
    containment: 'ctn_1',
    run: 'run_1',
    requestedAt: '2026-11-22T10:00:00.000Z',
    ...more,
  };
}

async function hold(companion: TestCompanion, more: object = {}): Promise<QuarantineAnswer> {
  const response = await companion.post(ControlPath.QUARANTINE, held(more));
  expect(response.status).toBe(200);
  return (await response.json()) as QuarantineAnswer;
}

test('a call that a quarantine refused is kept with what it would have been called with', async () => {
  const companion = await startCompanion();
  const { id, released } = await hold(companion);
  expect(released).toBeUndefined();
  expect(value(await companion.client.quarantined())).toMatchObject([
    { request: { id, tool: 'send_email', arguments: { to: 'bo@example.com' } }, state: 'held' },
  ]);
  const [entry] = await companion.audit('quarantine.held');
  expect(JSON.stringify(entry)).not.toContain('bo@example.com');
});

test('the same call proposed again is the same entry, another one is not', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  expect((await hold(companion)).id).toBe(id);
  expect((await hold(companion, { actionDigest: `sha256:${'c'.repeat(64)}` })).id).not.toBe(id);
  expect(await companion.audit('quarantine.held')).toHaveLength(2);
});

test('a call that is kept is what the reviewer saw: its id is never another action', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  const another = held({ id, actionDigest: `sha256:${'c'.repeat(64)}`, arguments: { to: 'all' } });
  const response = await companion.post(ControlPath.QUARANTINE, another);
  expect(response.status).toBe(409);
  expect(await errorOf(response)).toMatchObject({ code: 'conflict' });
  expect(value(await companion.client.quarantined())).toMatchObject([
    { request: { id, actionDigest: DIGEST, arguments: { to: 'bo@example.com' } } },
  ]);
});

test('a release lets one retry of that action pass, in whichever process it comes, and no second one', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  const override = value(await companion.client.reviewHeld(id, release));
  expect(override).toMatchObject({
    kind: 'override',
    decision: 'approve',
    actor: { id: ana.id, assurance: 'token' },
    prior: { source: 'containment', decision: 'quarantine', rule: 'ctn_1' },
    actionDigest: DIGEST,
    outcome: { status: 'pending' },
    expiresAt: '2026-11-22T10:15:00.000Z',
  });
  expect((await hold(companion, { actionDigest: `sha256:${'c'.repeat(64)}` })).released).toBe(
    undefined,
  );
  const answers = await Promise.all([hold(companion, { instance: 'i-2' }), hold(companion)]);
  expect(answers.filter(({ released }) => released?.id === override.id)).toHaveLength(1);
  expect((await hold(companion)).released).toBeUndefined();
  expect(await companion.audit('quarantine.retried')).toHaveLength(1);
});

test('a release that was used before the companion was restarted is used', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  value(await companion.client.reviewHeld(id, release));
  const again = await companion.restart();
  expect((await hold(again)).released).toBeDefined();
  const third = await again.restart();
  expect((await hold(third)).released).toBeUndefined();
});

test('what becomes of the retry is the outcome of the release', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const { id } = await hold(companion);
  const { id: override } = value(await companion.client.reviewHeld(id, release));
  await hold(companion);
  const data = { override, status: 'succeeded', at: '2026-11-22T10:00:01.000Z' };
  await agent.evidence([{ seq: 0, type: 'override.outcome', data }]);
  expect(value(await companion.client.quarantined())).toMatchObject([
    { state: 'retried', override: { outcome: { status: 'succeeded' } } },
  ]);
});

test('a release that nobody used in its time is over, is settled so, and does not run late', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  value(await companion.client.reviewHeld(id, { ...release, ttlMillis: 60_000 }));
  companion.clock.advance(75_000);
  expect(value(await companion.client.quarantined())).toMatchObject([
    { state: 'lapsed', override: { outcome: { status: 'not_executed' } } },
  ]);
  expect((await hold(companion)).released).toBeUndefined();
});

test('a discarded call stays refused, and the discard counts as no override', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  const discard = { decision: 'discard', actor: ana, reason: 'phishing' } as const;
  const override: Override = value(await companion.client.reviewHeld(id, discard));
  expect(override).toMatchObject({
    kind: 'approval',
    decision: 'reject',
    outcome: { status: 'not_executed' },
  });
  expect((await hold(companion)).released).toBeUndefined();
  expect(value(await companion.client.quarantined())).toMatchObject([{ state: 'discarded' }]);
  expect(await companion.client.reviewHeld(id, release)).toMatchObject({
    error: { code: 'already_answered', message: expect.stringContaining(ana.id) as unknown },
  });
});

test('of two reviewers at once one is heard', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  const results = await Promise.all([
    companion.client.reviewHeld(id, release),
    companion.client.reviewHeld(id, { ...release, decision: 'discard' }),
  ]);
  expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await companion.audit('override')).toHaveLength(1);
});

test.each([
  ['no reason', { reason: ' ' }, 400],
  ['nobody', { actor: { id: '' } }, 400],
  ['another word', { decision: 'approve' }, 400],
])('a review with %s is refused', async (_name, changes, status) => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  const response = await companion.post(`${ControlPath.QUARANTINE}/${id}`, {
    ...release,
    ...changes,
  });
  expect(response.status).toBe(status);
  expect(await companion.audit('override')).toEqual([]);
});

test('there is nothing to review where nothing is held', async () => {
  const companion = await startCompanion();
  const response = await companion.post(`${ControlPath.QUARANTINE}/qtn_x`, release);
  expect(await errorOf(response)).toMatchObject({ code: 'not_found' });
});

test('where duties are separated, who ordered the quarantine releases none of its calls, and may discard them', async () => {
  const companion = await startCompanion({ separateDuties: true });
  const person = async (identity: string) => {
    const admin = { actor: { id: 'root@example.com' }, reason: 'set-up' };
    const about = { name: identity, identity, title: ana.role };
    const asked = { role: 'responder', ...about, ...admin } as const;
    const { secret } = value(await companion.client.createToken(asked));
    return createControlClient({ url: companion.url, token: secret });
  };
  const anas = await person(ana.id);
  const { containment } = value(
    await anas.contain({ ...revoke, kind: 'quarantine', scope: { agent: 'support' } }),
  );
  const { id } = await hold(companion, { containment: containment.id });
  expect(await anas.reviewHeld(id, release)).toMatchObject({
    error: { code: 'separation_of_duties' },
  });
  const bens = await person('ben@example.com');
  value(await bens.reviewHeld(id, { ...release, actor: { id: 'ben@example.com' } }));
  const other = await hold(companion, {
    containment: containment.id,
    actionDigest: `sha256:${'e'.repeat(64)}`,
  });
  value(await anas.reviewHeld(other.id, { ...release, decision: 'discard' }));
});

test('a release is not used up under the name of another agent, whatever digest it claims', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  value(await companion.client.reviewHeld(id, release));
  const other = await hold(companion, { agent: 'sales', instance: 'i-2' });
  expect(other.id).not.toBe(id);
  expect(other.released).toBeUndefined();
  expect(await companion.audit('quarantine.retried')).toEqual([]);
  expect((await hold(companion)).released).toBeDefined();
});

test('whoever holds the digest of another agent first does not keep that call from its reviewer', async () => {
  const companion = await startCompanion();
  const first = await hold(companion, { agent: 'sales', instance: 'i-2', arguments: { to: 'x' } });
  const { id } = await hold(companion);
  expect(id).not.toBe(first.id);
  const again = await companion.restart();
  expect(value(await again.client.quarantined())).toMatchObject([
    { request: { id: first.id, agent: 'sales', arguments: { to: 'x' } } },
    { request: { id, agent: 'support', arguments: { to: 'bo@example.com' } } },
  ]);
  value(await again.client.reviewHeld(first.id, { ...release, decision: 'discard' }));
  value(await again.client.reviewHeld(id, release));
  expect((await hold(again, { agent: 'sales', instance: 'i-2' })).released).toBeUndefined();
  expect((await hold(again)).released).toMatchObject({ agent: 'support' });
});

test('an id under which a call is kept is never one of another agent', async () => {
  const companion = await startCompanion();
  const { id } = await hold(companion);
  const other = held({ id, agent: 'sales', instance: 'i-2' });
  const response = await companion.post(ControlPath.QUARANTINE, other);
  expect(response.status).toBe(409);
  expect(value(await companion.client.quarantined())).toMatchObject([
    { request: { id, agent: 'support' } },
  ]);
});
