import { readFile } from 'node:fs/promises';

import type { AccessRole } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import type { KnockAnswer } from '../http/create-gate.ts';
import { startCompanion, type TestCompanion } from '../testing/companion.ts';
import { TokenFile } from './token-records.ts';

const by = { actor: { id: 'root@example.com' }, reason: 'test' };

async function issue(
  { client }: TestCompanion,
  role: AccessRole,
  more: { readonly ttlMillis?: number } = {},
): Promise<{ readonly id: string; readonly secret: string }> {
  const issued = await client.createToken({ role, name: role, ...by, ...more });
  if (!issued.ok) throw new Error(issued.error.message);
  return { id: issued.value.token.id, secret: issued.value.secret };
}

async function rotate(
  { client }: TestCompanion,
  id: string,
  graceMillis?: number,
): Promise<string> {
  const rotated = await client.rotateToken(id, {
    ...by,
    ...(graceMillis === undefined ? {} : { graceMillis }),
  });
  if (!rotated.ok) throw new Error(rotated.error.message);
  return rotated.value.secret;
}

let remote = 0;

/** Sends telemetry, each time from another address: wrong tokens are limited by address. */
function knock({ plane }: TestCompanion, secret: string): Promise<KnockAnswer> {
  remote += 1;
  return plane.admit(
    { authorization: `Bearer ${secret}`, method: 'POST', path: '/v1/traces', remote: `r${remote}` },
    'ingest',
  );
}

test('a sender is told how the token ended that let it in before, and nobody else is', async () => {
  const companion = await startCompanion();
  const [short, revoked, rotated] = [
    await issue(companion, 'ingest', { ttlMillis: 60_000 }),
    await issue(companion, 'agent'),
    await issue(companion, 'ingest'),
  ];
  const responder = await issue(companion, 'responder');
  for (const { secret } of [short, revoked, rotated])
    expect(await knock(companion, secret)).toMatchObject({ ok: true });
  companion.clock.advance(60_000);
  await companion.client.revokeToken(revoked.id, by);
  await companion.client.revokeToken(responder.id, by);
  const next = await rotate(companion, rotated.id);
  for (const [{ secret }, ended] of [
    [short, 'expired'],
    [revoked, 'revoked'],
    [rotated, 'rotated'],
  ] as const)
    expect(await knock(companion, secret)).toMatchObject({
      ok: false,
      ended,
      error: { code: 'unauthorized' },
    });
  expect(await knock(companion, next)).toMatchObject({ ok: true });
  for (const secret of ['never-known', '', responder.secret])
    expect(await knock(companion, secret)).not.toHaveProperty('ended');
});

test('a restart knows of the tokens that ended', async () => {
  const first = await startCompanion();
  const { id, secret } = await issue(first, 'ingest');
  await rotate(first, id);
  const companion = await first.restart();
  expect(await knock(companion, secret)).toMatchObject({ ended: 'rotated' });
});

test('a secret without a time of grace is over by every clock', async () => {
  const companion = await startCompanion();
  const { id, secret } = await issue(companion, 'ingest');
  await rotate(companion, id);
  companion.clock.advance(-86_400_000);
  expect(await knock(companion, secret)).toMatchObject({ ok: false, ended: 'rotated' });
});

test('so many secrets of a token that ended are known and no more; those that are taken still are', async () => {
  const companion = await startCompanion();
  const { id, secret } = await issue(companion, 'ingest');
  const secrets = [secret];
  for (let round = 0; round < 9; round += 1) secrets.push(await rotate(companion, id, 60_000));
  for (const each of secrets) expect(await knock(companion, each)).toMatchObject({ ok: true });
  secrets.push(await rotate(companion, id));
  const told = await Promise.all(secrets.map((each) => knock(companion, each)));
  expect(told.map((answer) => (answer.ok ? 'in' : (answer.ended ?? 'unknown')))).toEqual([
    ...Array.from({ length: 6 }, () => 'unknown'),
    ...Array.from({ length: 4 }, () => 'rotated'),
    'in',
  ]);
  const file = await readFile(`${companion.dataDir}/tokens.json`, 'utf8');
  expect(TokenFile.parse(JSON.parse(file)).tokens[0]?.secrets).toHaveLength(5);
});

test('who floods with a token that ended is told of the limit, and fills no log', async () => {
  const companion = await startCompanion();
  const { id, secret } = await issue(companion, 'ingest');
  await companion.client.revokeToken(id, by);
  const flood = Array.from({ length: 2_000 }, () =>
    companion.plane.admit(
      { authorization: `Bearer ${secret}`, method: 'POST', path: '/v1/traces', remote: 'r' },
      'ingest',
    ),
  );
  const codes = (await Promise.all(flood)).map((answer) => (answer.ok ? 'in' : answer.error.code));
  expect(codes.filter((code) => code === 'unauthorized')).toHaveLength(20);
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(1_980);
  const causes = async (): Promise<readonly unknown[]> =>
    (await companion.audit('access.refused')).map(({ data }) => data['cause']);
  // Nobody waits for these entries.
  await expect.poll(causes).toContain('token_revoked');
  expect((await causes()).length).toBeLessThan(10);
});
