import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';

import { ControlPath, type AccessRole } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createTokenBook } from '../access/token-book.ts';
import { createControlClient } from '../client/create-control-client.ts';
import { startCompanion, TOKEN, type TestCompanion } from '../testing/companion.ts';
import { createFailingDisk } from '../testing/failing-disk.ts';
import { connectAgent } from '../testing/test-agent.ts';

const by = { actor: { id: 'root@example.com' }, reason: 'set-up' };
const ROLES: readonly AccessRole[] = ['ingest', 'agent', 'responder', 'admin'];

async function secretOf(
  companion: TestCompanion,
  role: AccessRole,
  more: { identity?: string; title?: string; ttlMillis?: number } = {},
): Promise<{ secret: string; id: string }> {
  const issued = await companion.client.createToken({ role, name: `${role}s`, ...more, ...by });
  if (!issued.ok) throw new Error(issued.error.message);
  return { secret: issued.value.secret, id: issued.value.token.id };
}

const clientOf = (companion: TestCompanion, token: string) =>
  createControlClient({ url: companion.url, token });

/** Routes with the roles that may use them; a body that is wrong is refused after the role has been looked at. */
const ROUTES: readonly (readonly [method: string, path: string, roles: readonly AccessRole[]])[] = [
  ['GET', ControlPath.STATE, ['agent', 'admin']],
  ['POST', ControlPath.ACKS, ['agent', 'admin']],
  ['POST', ControlPath.EVIDENCE, ['agent', 'admin']],
  ['POST', ControlPath.APPROVALS, ['agent', 'admin']],
  ['POST', ControlPath.QUARANTINE, ['agent', 'admin']],
  ['GET', ControlPath.APPROVALS, ['responder', 'admin']],
  ['GET', `${ControlPath.APPROVALS}/x`, ['responder', 'admin']],
  ['POST', `${ControlPath.APPROVALS}/x`, ['responder', 'admin']],
  ['GET', ControlPath.CONTAINMENTS, ['responder', 'admin']],
  ['POST', ControlPath.CONTAINMENTS, ['responder', 'admin']],
  ['POST', `${ControlPath.CONTAINMENTS}/x/release`, ['responder', 'admin']],
  ['GET', ControlPath.QUARANTINE, ['responder', 'admin']],
  ['POST', `${ControlPath.QUARANTINE}/x`, ['responder', 'admin']],
  ['POST', ControlPath.ROLLBACKS, ['responder', 'admin']],
  ['GET', ControlPath.INSTANCES, ['responder', 'admin']],
  ['GET', ControlPath.POLICY, ['responder', 'admin']],
  ['POST', ControlPath.POLICY, ['admin']],
  ['GET', ControlPath.TOKENS, ['admin']],
  ['POST', ControlPath.TOKENS, ['admin']],
  ['POST', `${ControlPath.TOKENS}/x/rotate`, ['admin']],
  ['POST', `${ControlPath.TOKENS}/x/revoke`, ['admin']],
  ['POST', '/control/v1/what/nobody/has/listed', ['admin']],
];

test('each role may use its own routes, and no other role may', async () => {
  const companion = await startCompanion();
  for (const role of ROLES) {
    const { secret, id } = await secretOf(companion, role);
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    for (const [method, path, roles] of ROUTES) {
      const body = method === 'POST' ? { body: 'no JSON' } : {};
      const response = await companion.request(path, { method, headers, ...body });
      const text = await response.text();
      expect([role, method, path, text.includes('forbidden_role')]).toEqual([
        role,
        method,
        path,
        !roles.includes(role),
      ]);
      expect(response.status === 403).toBe(!roles.includes(role));
      expect(text).not.toContain(secret);
    }
    const refused = await companion.audit('access.refused');
    const mine = refused.filter(({ data }) => data['tokenId'] === id);
    // One of each kind at least; the admin's own mistakes are written down too.
    expect(mine.map(({ data }) => data['cause'])).toContain(
      role === 'admin' ? 'invalid_request' : 'forbidden_role',
    );
  }
});

test('a token is known by its hash only: no file, no entry, no line of the log has a secret', async () => {
  const companion = await startCompanion();
  const { secret, id } = await secretOf(companion, 'responder', { identity: 'ana@example.com' });
  const ana = clientOf(companion, secret);
  await ana.contain({
    kind: 'revoke',
    scope: { tool: 'refund' },
    reason: 'twice',
    actor: { id: 'ana@example.com' },
  });
  await ana.tokens();
  const rotated = await companion.client.rotateToken(id, by);
  if (!rotated.ok) throw new Error(rotated.error.message);
  await clientOf(companion, secret).containments();
  const entries = await companion.audit();
  const files = await readdir(companion.dataDir, { recursive: true });
  expect((await stat(`${companion.dataDir}/tokens.json`)).mode & 0o777).toBe(0o600);
  const texts = [JSON.stringify(entries), companion.logged.join('\n')];
  for (const file of files) {
    const path = `${companion.dataDir}/${file}`;
    const facts = await stat(path);
    if (facts.isFile()) texts.push(await readFile(path, 'utf8'));
  }
  for (const text of texts) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(rotated.value.secret);
  }
  // A hash would tell a reader of the audit log nothing, and is not his business.
  const hashes = /"hash": "([0-9a-f]{64})"/.exec(texts.find((t) => t.includes('"secrets"')) ?? '');
  expect(JSON.stringify(entries)).not.toContain(hashes?.[1]);
  expect(entries.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['token.created', 'token.rotated', 'containment.requested']),
  );
  expect(entries.find(({ type }) => type === 'containment.requested')?.actor).toMatchObject({
    id: 'ana@example.com',
    tokenId: id,
  });
});

test('tokens end when they are revoked, when their time is over, and when they were rotated', async () => {
  const companion = await startCompanion();
  const status = async (secret: string): Promise<string> => {
    const answer = await clientOf(companion, secret).containments();
    return answer.ok ? 'in' : answer.error.message;
  };
  const short = await secretOf(companion, 'responder', { ttlMillis: 60_000 });
  const long = await secretOf(companion, 'responder');
  const rotated = await companion.client.rotateToken(long.id, { ...by, graceMillis: 30_000 });
  const next = rotated.ok ? rotated.value.secret : '';
  for (const secret of [short.secret, long.secret, next]) expect(await status(secret)).toBe('in');
  const list = await companion.client.tokens();
  expect(list.ok && list.value.map(({ id, state, role }) => [id, state, role])).toEqual([
    ['tok_own', 'valid', 'admin'],
    [short.id, 'valid', 'responder'],
    [long.id, 'rotating', 'responder'],
  ]);
  companion.clock.advance(30_000);
  expect(await status(long.secret)).toMatch(/has a new secret/);
  expect(await status(next)).toBe('in');
  companion.clock.advance(30_000);
  expect(await status(short.secret)).toMatch(/has expired/);
  const revoked = await companion.client.revokeToken(long.id, by);
  expect(revoked).toMatchObject({ ok: true, value: { state: 'revoked' } });
  expect(await status(next)).toMatch(/was revoked/);
  // The clock jumps back: what was revoked stays so; what had expired is as the clock says.
  companion.clock.advance(-3_600_000);
  expect(await status(next)).toMatch(/was revoked/);
});

test('a restart knows the tokens, and what was revoked stays revoked', async () => {
  const first = await startCompanion();
  const good = await secretOf(first, 'responder');
  const bad = await secretOf(first, 'responder');
  await first.client.revokeToken(bad.id, by);
  const companion = await first.restart();
  expect(await clientOf(companion, good.secret).containments()).toMatchObject({ ok: true });
  expect(await clientOf(companion, bad.secret).containments()).toMatchObject({
    error: { code: 'unauthorized' },
  });
});

test('a file of tokens that is broken lets nobody in: the companion does not start', async () => {
  const first = await startCompanion();
  await secretOf(first, 'responder');
  await first.stop();
  await writeFile(`${first.dataDir}/tokens.json`, '{"v":1,"tokens":[{"id"');
  await expect(first.restart()).rejects.toThrow(/tokens\.json is no file of tokens/);
});

test('what cannot be kept is not made; what is revoked is out at once, even if that cannot be kept', async () => {
  const companion = await startCompanion();
  const { secret, id } = await secretOf(companion, 'responder');
  // A directory in the file's place: no rename gets past it, whoever runs the test.
  const path = `${companion.dataDir}/tokens.json`;
  await rm(path);
  await mkdir(path);
  expect(await companion.client.createToken({ role: 'admin', name: 'n', ...by })).toMatchObject({
    error: { code: 'tokens_unavailable' },
  });
  expect(await companion.client.revokeToken(id, by)).toMatchObject({
    error: { code: 'tokens_unavailable', message: expect.stringContaining('nobody in') as unknown },
  });
  expect(await clientOf(companion, secret).containments()).toMatchObject({
    error: { code: 'unauthorized' },
  });
  expect(await companion.audit('token.revoked')).toMatchObject([{ data: { kept: false } }]);
  // Tried again on a disk that is well it is kept, and then it is over.
  await rm(path, { recursive: true });
  expect(await companion.client.revokeToken(id, by)).toMatchObject({ ok: true });
  expect(await companion.client.revokeToken(id, by)).toMatchObject({ error: { code: 'conflict' } });
  const second = await companion.restart();
  expect(await clientOf(second, secret).containments()).toMatchObject({
    error: { code: 'unauthorized' },
  });
});

test('a token that is revoked while the ledger cannot be written is out, says so, and is sealed when it is revoked again', async () => {
  const disk = createFailingDisk();
  const companion = await startCompanion({ ledgerOptions: { openFile: disk.openFile } });
  const { secret, id } = await secretOf(companion, 'responder');
  disk.set('full');
  expect(await companion.client.revokeToken(id, by)).toMatchObject({
    error: { code: 'ledger_unavailable', message: expect.stringContaining('nobody in') as unknown },
  });
  expect(await clientOf(companion, secret).containments()).toMatchObject({
    error: { code: 'unauthorized' },
  });
  disk.set('well');
  expect(await companion.client.revokeToken(id, by)).toMatchObject({ ok: true });
  expect(await companion.audit('token.revoked')).toMatchObject([{ data: { kept: true } }]);
});

test('without a token nobody comes in, whatever the token of the companion is', async () => {
  const storage = { load: async () => [], save: async () => undefined };
  const book = { storage, now: () => 0 };
  expect(() => createTokenBook({ ...book, ownSecret: '' })).toThrow(/token.*empty/);
  const { identify } = createTokenBook({ ...book, ownSecret: 'a secret' });
  expect(identify('')).toEqual({ ok: false, why: 'unknown' });
});

test('a stream ends with its token, at once where that is revoked', async () => {
  const companion = await startCompanion();
  const open = async (secret: string): Promise<ReadableStreamDefaultReader> => {
    const response = await companion.request(`${ControlPath.STREAM}?instance=i-1&agent=a`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(response.status).toBe(200);
    const reader = response.body?.getReader();
    if (reader === undefined) throw new Error('no body');
    await reader.read();
    return reader;
  };
  const untilDone = async (reader: ReadableStreamDefaultReader): Promise<true> => {
    while (!(await reader.read()).done);
    return true;
  };
  const revoked = await secretOf(companion, 'agent');
  const expiring = await secretOf(companion, 'agent', { ttlMillis: 15_000 });
  const first = await open(revoked.secret);
  const second = await open(expiring.secret);
  await companion.client.revokeToken(revoked.id, by);
  expect(await untilDone(first)).toBe(true);
  companion.clock.advance(20_000);
  expect(await untilDone(second)).toBe(true);
});

test('a token that is bound to a person acts for nobody else', async () => {
  const companion = await startCompanion();
  const { secret, id } = await secretOf(companion, 'responder', { identity: 'ana@example.com' });
  const ana = clientOf(companion, secret);
  const order = { kind: 'revoke', scope: { tool: 'refund' }, reason: 'twice' } as const;
  expect(await ana.contain({ ...order, actor: { id: 'ben@example.com' } })).toMatchObject({
    error: { code: 'forbidden_actor' },
  });
  expect(await companion.audit('access.refused')).toMatchObject([
    { data: { cause: 'forbidden_actor', claimed: 'ben@example.com', tokenId: id } },
  ]);
  expect(await ana.contain({ ...order, actor: { id: 'ana@example.com' } })).toMatchObject({
    ok: true,
  });
});

test('who holds a token that is bound to a person acts in the role that it says, and in no other', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ approvers: ['cfo'] });
  const bound = { identity: 'ana@example.com' };
  const answerOf = async (title: object, role: object) => {
    const { secret } = await secretOf(companion, 'responder', { ...bound, ...title });
    const actor = { id: 'ana@example.com', ...role };
    const answer = { decision: 'approve', actor, reason: 'ok' } as const;
    return clientOf(companion, secret).answer('apr_i-1', answer);
  };
  const forbidden = { error: { code: 'forbidden_actor' } };
  expect(await answerOf({}, { role: 'cfo' })).toMatchObject(forbidden);
  expect(await answerOf({ title: 'clerk' }, { role: 'cfo' })).toMatchObject(forbidden);
  expect(await answerOf({ title: 'clerk' }, {})).toMatchObject({
    error: { code: 'not_an_approver' },
  });
  expect(await answerOf({ title: 'cfo' }, {})).toMatchObject({
    value: { actor: { id: 'ana@example.com', role: 'cfo' } },
  });
});

test('a title without a person is refused', async () => {
  const companion = await startCompanion();
  const input = { role: 'responder', name: 'n', title: 'cfo', ...by } as const;
  expect(await companion.client.createToken(input)).toMatchObject({
    error: { code: 'invalid_request', problems: [{ path: 'title' }] },
  });
});

test('where duties are separated, who engaged does not release, and who has no name of their own neither', async () => {
  const companion = await startCompanion({ separateDuties: true });
  const person = async (identity: string) =>
    clientOf(companion, (await secretOf(companion, 'responder', { identity })).secret);
  const ana = await person('ana@example.com');
  const anaToo = await person('ana@example.com');
  const ben = await person('ben@example.com');
  const as = (id: string) => ({ actor: { id }, reason: 'r' });
  const ordered = await ana.contain({
    kind: 'revoke',
    scope: { tool: 'refund' },
    ...as('ana@example.com'),
  });
  const id = ordered.ok ? ordered.value.containment.id : '';
  for (const [client, who] of [
    [ana, 'ana@example.com'],
    [anaToo, 'ana@example.com'],
    // The companion's own token: whoever holds it may claim any name.
    [companion.client, 'ben@example.com'],
  ] as const) {
    expect(await client.release(id, as(who))).toMatchObject({
      error: { code: 'separation_of_duties' },
    });
  }
  expect(await companion.audit('access.refused')).toMatchObject([
    { data: { cause: 'separation_of_duties', claimed: 'ana@example.com' } },
    { data: { cause: 'separation_of_duties', claimed: 'ana@example.com' } },
    { data: { cause: 'separation_of_duties', claimed: 'ben@example.com', tokenId: 'tok_own' } },
  ]);
  expect(await ben.release(id, as('ben@example.com'))).toMatchObject({ ok: true });
});

test('too many requests of one token are told to wait; others, and an order to stop, are not held up', async () => {
  const companion = await startCompanion({
    rateLimits: { people: { perSecond: 1, burst: 3 } },
  });
  const { secret } = await secretOf(companion, 'responder');
  const noisy = clientOf(companion, secret);
  const answers = [];
  for (let n = 0; n < 5; n += 1) answers.push((await noisy.containments()).ok);
  expect(answers).toEqual([true, true, true, false, false]);
  const response = await companion.request(ControlPath.CONTAINMENTS, {
    headers: { authorization: `Bearer ${secret}` },
  });
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
  const order = { kind: 'kill', scope: { agent: 'a' }, reason: 'r', actor: { id: 'x' } } as const;
  expect(await noisy.contain(order)).toMatchObject({ ok: true });
  expect(await companion.client.containments()).toMatchObject({ ok: true });
  companion.clock.advance(1_000);
  expect(await noisy.containments()).toMatchObject({ ok: true });
});

test('wrong tokens from an address are counted, and who has a right one comes in from there all the same', async () => {
  const companion = await startCompanion();
  const statuses = new Map<number, number>();
  for (let n = 0; n < 40; n += 1) {
    const { status } = await companion.request(ControlPath.STATE, {
      headers: { authorization: `Bearer wrong-${n}` },
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([...statuses]).toEqual([
    [401, 20],
    [429, 20],
  ]);
  expect(await companion.client.containments()).toMatchObject({ ok: true });
});

/** The companion as who holds this token reaches it. */
function withToken(companion: TestCompanion, secret: string): TestCompanion {
  const authorization = `Bearer ${secret}`;
  return {
    ...companion,
    request: async (path, init = {}) =>
      companion.request(path, { ...init, headers: { authorization } }),
    post: async (path, body) =>
      companion.request(path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

test('where duties are separated, what a plan ordered is not released by the person in whose name it acted', async () => {
  const companion = await startCompanion({ separateDuties: true });
  const person = async (role: AccessRole, identity: string) =>
    clientOf(companion, (await secretOf(companion, role, { identity })).secret);
  const as = (id: string) => ({ actor: { id }, reason: 'r' });
  const ana = await person('admin', 'ana@example.com');
  await ana.switchPlan('plan_1', { on: true, ...as('ana@example.com') });
  const ordered = await companion.plane.contain({
    kind: 'revoke',
    scope: { tool: 'refund' },
    reason: 'r',
    actor: { kind: 'plan', id: 'plan_1', assurance: 'asserted' },
  });
  const id = ordered.ok ? ordered.value.containment.id : '';
  expect(await ana.release(id, as('ana@example.com'))).toMatchObject({
    error: { code: 'separation_of_duties' },
  });
  const ben = await person('responder', 'ben@example.com');
  expect(await ben.release(id, as('ben@example.com'))).toMatchObject({ ok: true });
});

test('where duties are separated, who holds the token of the agent that asks does not approve, nor who it is of', async () => {
  const companion = await startCompanion({ separateDuties: true });
  const bens = await secretOf(companion, 'agent', { identity: 'ben@example.com' });
  const agent = await connectAgent(withToken(companion, bens.secret), { instance: 'i-1' });
  expect((await agent.askApproval()).status).toBe(201);
  const answerAs = async (who: string, secret: string) =>
    clientOf(companion, secret).answer('apr_i-1', {
      decision: 'approve',
      reason: 'fine',
      actor: { id: who },
    });
  expect(await answerAs('ben@example.com', bens.secret)).toMatchObject({
    error: { code: 'forbidden_role' },
  });
  expect(
    await answerAs('ben@example.com', await secretFor(companion, 'ben@example.com')),
  ).toMatchObject({
    error: { code: 'separation_of_duties', message: expect.stringContaining('another') as unknown },
  });
  expect(await answerAs('ana@example.com', TOKEN)).toMatchObject({
    error: { code: 'separation_of_duties', message: expect.stringContaining('bound') as unknown },
  });
  // The same after a restart: who asked stands in the ledger.
  const next = await companion.restart();
  await connectAgent(withToken(next, bens.secret), { instance: 'i-1' });
  const ask = async (who: string, secret: string) =>
    clientOf(next, secret).answer('apr_i-1', {
      decision: 'approve',
      reason: 'fine',
      actor: { id: who },
    });
  expect(await ask('ben@example.com', await secretFor(next, 'ben@example.com'))).toMatchObject({
    error: { code: 'separation_of_duties' },
  });
  expect(await ask('ana@example.com', await secretFor(next, 'ana@example.com'))).toMatchObject({
    ok: true,
  });
});

const secretFor = async (companion: TestCompanion, identity: string): Promise<string> =>
  (await secretOf(companion, 'responder', { identity })).secret;
