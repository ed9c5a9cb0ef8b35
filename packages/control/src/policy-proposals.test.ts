import { signBundle } from '@aftertrace/policy/compile';
import { generateSigningKey, readSigningKey } from '@aftertrace/schema/ed25519';
import { describe, expect, test } from 'vitest';

import { createControlClient, type ControlClient } from './client/create-control-client.ts';
import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { blockSql, publish, value } from './testing/fixtures.ts';
import { connectAgent } from './testing/test-agent.ts';

const bundle = { name: 'demo', rules: [blockSql] };
const as = (id: string) => ({ actor: { id: `${id}@example.com` }, reason: `by ${id}` });

/** An administrator with a token of their own. */
async function admin(companion: TestCompanion, id: string): Promise<ControlClient> {
  const identity = `${id}@example.com`;
  const order = { role: 'admin', name: id, identity, ...as('root') } as const;
  const { secret } = value(await companion.client.createToken(order));
  return createControlClient({ url: companion.url, token: secret });
}

const refusedAs = (code: string) => ({ ok: false, error: { code } });

describe('where duties are separated', () => {
  test('nobody publishes alone, and what one proposes another approves', async () => {
    const companion = await startCompanion({ separateDuties: true });
    const [ana, ben] = [await admin(companion, 'ana'), await admin(companion, 'ben')];
    const agent = await connectAgent(companion, { instance: 'i-1' });
    expect(await ana.publishPolicy({ ...bundle, ...as('ana') })).toMatchObject(
      refusedAs('separation_of_duties'),
    );
    const { id, actor } = value(await ana.proposePolicy({ ...bundle, ...as('ana') }));
    expect(actor).toMatchObject({ id: 'ana@example.com', assurance: 'token' });
    expect(await ana.approveProposal(id, as('ana'))).toMatchObject(
      refusedAs('separation_of_duties'),
    );
    // Who holds the token of nobody can claim any name.
    expect(await companion.client.approveProposal(id, as('ben'))).toMatchObject(
      refusedAs('separation_of_duties'),
    );
    expect(value(await companion.client.policy())).toBeUndefined();
    // Ana's two are alike, so they are one entry.
    expect(await companion.audit('access.refused')).toHaveLength(2);
    expect(value(await ben.approveProposal(id, as('ben')))).toMatchObject({
      bundle: { revision: 1, rules: [{ id: 'no-sql' }] },
      actor: { id: 'ben@example.com' },
      reason: 'by ben',
      proposal: id,
      proposedBy: { id: 'ana@example.com' },
    });
    await agent.state(({ policy }) => policy?.revision === 1);
    expect(value(await ben.policyProposals())).toEqual([]);
    const types = (await companion.audit()).map(({ type }) => type);
    expect(types.filter((type) => /^policy\.(?:proposed|published)$/.test(type))).toEqual([
      'policy.proposed',
      'policy.published',
    ]);
  });

  test('the proposer may let it go, and so may anybody else', async () => {
    const companion = await startCompanion({ separateDuties: true });
    const ana = await admin(companion, 'ana');
    const { id } = value(await ana.proposePolicy({ ...bundle, ...as('ana') }));
    expect(value(await ana.rejectProposal(id, as('ana')))).toMatchObject({ id });
    expect(await companion.audit('policy.rejected')).toMatchObject([
      { actor: { id: 'ana@example.com' }, data: { proposal: id } },
    ]);
  });
});

test('a proposal outlives a restart, and its end does too', async () => {
  const first = await startCompanion();
  const kept = value(await first.client.proposePolicy({ ...bundle, ...as('ana') }));
  const gone = value(await first.client.proposePolicy({ ...bundle, ...as('ana') }));
  value(await first.client.rejectProposal(gone.id, as('ben')));
  const second = await first.restart();
  expect(value(await second.client.policyProposals())).toEqual([kept]);
  value(await second.client.approveProposal(kept.id, as('ben')));
  const third = await second.restart();
  expect(value(await third.client.policyProposals())).toEqual([]);
  expect(value(await third.client.policy())).toMatchObject({ proposal: kept.id });
  for (const { id } of [kept, gone]) {
    expect(await third.client.approveProposal(id, as('ben'))).toMatchObject(refusedAs('not_found'));
  }
});

test('a bundle with anything wrong is refused when it is proposed', async () => {
  const companion = await startCompanion();
  const bad = { name: 'demo', rules: [{ ...blockSql, id: 'Bad Id' }], ...as('ana') };
  expect(await companion.client.proposePolicy(bad)).toMatchObject(refusedAs('policy_refused'));
  expect(await companion.audit('policy.refused')).toMatchObject([
    { actor: { id: 'ana@example.com' } },
  ]);
  expect(value(await companion.client.policyProposals())).toEqual([]);
});

test('two who approve at once publish it once', async () => {
  const companion = await startCompanion();
  const { id } = value(await companion.client.proposePolicy({ ...bundle, ...as('ana') }));
  const results = await Promise.all(
    ['ben', 'cleo'].map(async (who) => companion.client.approveProposal(id, as(who))),
  );
  expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await companion.audit('policy.published')).toHaveLength(1);
});

test('what was published since a proposal is not undone by approving it, unless its approver says so', async () => {
  const first = await startCompanion();
  const { id, base } = value(await first.client.proposePolicy({ ...bundle, ...as('ana') }));
  expect(base).toBe(0);
  value(await first.client.publishPolicy({ ...publish, rules: [] }));
  const companion = await first.restart();
  const refused = await companion.client.approveProposal(id, as('ben'));
  expect(refused).toMatchObject(refusedAs('conflict'));
  expect(refused).toMatchObject({ error: { message: expect.stringMatching(/--onto 1\b/) } });
  for (const onto of [0, 2]) {
    const wrong = await companion.client.approveProposal(id, { ...as('ben'), onto });
    expect(wrong).toMatchObject(refusedAs('conflict'));
  }
  expect(value(await companion.client.policy())).toMatchObject({ bundle: { revision: 1 } });
  const approved = value(await companion.client.approveProposal(id, { ...as('ben'), onto: 1 }));
  expect(approved.bundle).toMatchObject({ revision: 2, rules: [{ id: 'no-sql' }] });
});

test('what was signed is approved as it was signed, while its keys are trusted and its revision is due', async () => {
  const files = generateSigningKey();
  let pinned = files.publicKeyPem;
  const companion = await startCompanion({ readPolicyKeys: () => Promise.resolve(pinned) });
  const signed = signBundle({ ...bundle, revision: 4 }, readSigningKey(files.privateKeyPem));
  const propose = async () =>
    value(await companion.client.proposePolicy({ ...signed, ...as('ana') })).id;
  const [first, second] = [await propose(), await propose()];
  pinned = generateSigningKey().publicKeyPem;
  expect(await companion.client.approveProposal(first, as('ben'))).toMatchObject(
    refusedAs('policy_refused'),
  );
  pinned = files.publicKeyPem;
  const approved = value(await companion.client.approveProposal(first, as('ben')));
  expect(approved).toMatchObject({ bundle: signed, signedBy: [files.keyId] });
  expect(await companion.client.approveProposal(second, as('ben'))).toMatchObject(
    refusedAs('conflict'),
  );
  // Known to be another one's place by its approver, too: what is signed is not numbered anew.
  const onto = { ...as('ben'), onto: 4 };
  expect(await companion.client.approveProposal(second, onto)).toMatchObject(refusedAs('conflict'));
  expect(value(await companion.client.policyProposals())).toMatchObject([{ id: second }]);
});

test('so many wait and no more', async () => {
  const { client } = await startCompanion();
  for (let count = 0; count < 100; count += 1) {
    value(await client.proposePolicy({ ...bundle, ...as('ana') }));
  }
  expect(await client.proposePolicy({ ...bundle, ...as('ana') })).toMatchObject(
    refusedAs('overloaded'),
  );
});
