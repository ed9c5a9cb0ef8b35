import { checkSignatures, readTrustedKeys, signBundle } from '@aftertrace/policy/compile';
import { ControlPath } from '@aftertrace/schema';
import { generateSigningKey, readSigningKey } from '@aftertrace/schema/ed25519';
import { describe, expect, test } from 'vitest';

import { startCompanion } from './testing/companion.ts';
import { blockSql, errorOf, publish, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

test('a policy gets the next revision, reaches the streams, and its proof is written down once', async () => {
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

test('a policy with anything wrong is refused whole with every problem, and the one before stays', async () => {
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

test('a policy carries what it knows of tools to the agents, checked like its rules', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const profiles = [{ id: 'seats', tools: ['find seats'], whenEmpty: 'failed' }];
  value(await companion.client.publishPolicy({ ...publish, rules: [], profiles }));
  const state = await agent.state(({ policy }) => policy?.revision === 1);
  expect(state.policy?.profiles).toEqual(profiles);
  const bad = [{ id: 'seats', tools: [] }];
  expect(
    await companion.client.publishPolicy({ ...publish, rules: [], profiles: bad }),
  ).toMatchObject({ error: { code: 'policy_refused' } });
});

test('a policy that an agent refuses is written down', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  const state = await agent.state();
  const refused = { policyRevision: 4, problems: ['rules[0]: unknown verdict'] };
  // One acknowledgement for each agent in the process.
  await Promise.all(
    ['support', 'sales'].map(async (name) => agent.ack(state, { agent: name, refused })),
  );
  expect(await companion.audit('policy.refused')).toMatchObject([
    { actor: { kind: 'agent' }, data: { instance: 'i-1', policyRevision: 4 } },
  ]);
});

describe('a companion with pinned keys', () => {
  const files = generateSigningKey();
  const key = readSigningKey(files.privateKeyPem);
  const readPolicyKeys = (): Promise<string> => Promise.resolve(files.publicKeyPem);
  const signed = (revision: number, rules: unknown[] = [blockSql]) =>
    signBundle({ name: 'demo', revision, rules }, key);

  test('publishes what they signed as it was written, and says whose signature it was', async () => {
    const companion = await startCompanion({ readPolicyKeys });
    const agent = await connectAgent(companion, { instance: 'i-1' });
    const written = signed(4);
    const published = value(await companion.client.publishPolicy({ ...publish, ...written }));
    expect(published).toMatchObject({ bundle: written, signedBy: [files.keyId] });
    const state = await agent.state(({ policy }) => policy?.revision === 4);
    expect(checkSignatures(state.policy, readTrustedKeys(files.publicKeyPem)).ok).toBe(true);
    const again = await (await companion.restart()).client.policy();
    expect(value(again)).toEqual(published);
  });

  test('refuses what is unsigned, changed or signed by others, and writes that down', async () => {
    const companion = await startCompanion({ readPolicyKeys });
    const stranger = readSigningKey(generateSigningKey().privateKeyPem);
    const bad = [
      { rules: [blockSql], revision: 1 },
      { ...signed(1), revision: 2 },
      { ...signed(1), more: true },
      signBundle({ name: 'demo', revision: 1, rules: [] }, stranger),
    ];
    for (const one of bad) {
      const refused = await companion.post(ControlPath.POLICY, { ...publish, ...one });
      expect(refused.status).toBe(422);
    }
    expect(await companion.audit('policy.refused')).toHaveLength(4);
    const broken = { ...publish, revision: 1, rules: ['nonsense'] };
    const error = await errorOf(await companion.post(ControlPath.POLICY, broken));
    // Nobody who is not trusted is told more.
    expect(error.problems).toMatchObject([{ path: 'signatures' }]);
    expect(value(await companion.client.policy())).toBeUndefined();
  });

  test('publishes nothing while they cannot be read', async () => {
    const companion = await startCompanion({
      readPolicyKeys: () => Promise.reject(new Error('ENOENT')),
    });
    const refused = await companion.client.publishPolicy({ ...publish, ...signed(1) });
    expect(refused).toMatchObject({ error: { code: 'policy_refused' } });
  });
});

test('no revision is published twice, and none below that in force', async () => {
  const companion = await startCompanion();
  const at = async (revision: number) =>
    companion.client.publishPolicy({ ...publish, revision, rules: [] });
  expect((await at(7)).ok).toBe(true);
  expect(await at(7)).toMatchObject({
    error: { code: 'conflict', message: expect.stringContaining('as revision 8') as unknown },
  });
  expect((await at(6)).ok).toBe(false);
  const next = await companion.client.publishPolicy({ ...publish, rules: [] });
  expect(value(next).bundle.revision).toBe(8);
});

test('two who publish the same revision at once do not both succeed', async () => {
  const companion = await startCompanion();
  const results = await Promise.all(
    ['one', 'two'].map(async (reason) =>
      companion.client.publishPolicy({ ...publish, reason, revision: 1, rules: [] }),
    ),
  );
  expect(results.filter(({ ok }) => ok)).toHaveLength(1);
});

test('every revision can be looked at again, also after a restart', async () => {
  const companion = await startCompanion();
  value(await companion.client.publishPolicy({ ...publish, rules: [blockSql] }));
  value(await companion.client.publishPolicy({ ...publish, rules: [], rollbackOf: 1 }));
  const { client } = await companion.restart();
  expect(value(await client.policyRevisions())).toMatchObject([
    { revision: 1, name: 'demo', rules: 1, actor: { id: 'ana@example.com' } },
    { revision: 2, rules: 0, rollbackOf: 1 },
  ]);
  expect(value(await client.policyRevision(1)).bundle.rules).toEqual([blockSql]);
  expect(await client.policyRevision(3)).toMatchObject({ error: { code: 'not_found' } });
});

test('a bundle of ten thousand rules is published', async () => {
  const companion = await startCompanion();
  const rules = Array.from({ length: 10_000 }, (_, index) => ({
    id: `r${index}`,
    description: 'x'.repeat(60),
    match: { tool: `tool${index}` },
    verdict: 'flag',
  }));
  expect(
    value(await companion.client.publishPolicy({ ...publish, rules })).bundle.rules,
  ).toHaveLength(10_000);
});
