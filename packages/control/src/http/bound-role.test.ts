import { expect, test } from 'vitest';

import { createControlClient } from '../client/create-control-client.ts';
import { startCompanion } from '../testing/companion.ts';
import { connectAgent } from '../testing/test-agent.ts';

const by = { actor: { id: 'root@example.com' }, reason: 'set-up' };

test('who holds a token that is bound to a person acts in the role that it says, and in no other', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.askApproval({ approvers: ['cfo'] });
  const bound = { role: 'responder', name: 'Ana', identity: 'ana@example.com' } as const;
  const answerOf = async (title: object, role: object) => {
    const issued = await companion.client.createToken({ ...bound, ...title, ...by });
    if (!issued.ok) throw new Error(issued.error.message);
    const client = createControlClient({ url: companion.url, token: issued.value.secret });
    const actor = { id: 'ana@example.com', ...role };
    return client.answer('apr_i-1', { decision: 'approve', actor, reason: 'ok' });
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
