import { ControlPath } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { ana, value } from './testing/fixtures.ts';
import { connectAgent, type TestAgent } from './testing/test-agent.ts';

const approve = { decision: 'approve', actor: ana, reason: 'known customer' } as const;
const resumable = { resumable: true, run: 'run_1', toolCallId: 'call_1' } as const;

async function leave(companion: TestCompanion, agent: TestAgent): Promise<void> {
  agent.disconnect();
  await expect
    .poll(async () =>
      value(await companion.client.instances()).find(({ instance }) => instance === agent.instance),
    )
    .toMatchObject({ connected: false });
}

test('a question of a run that can go on waits while its process is away, and can be answered then', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  await leave(companion, first);
  companion.clock.advance(30_000);
  expect(value(await companion.client.approvals())).toMatchObject([{ state: 'pending' }]);
  const override = value(await companion.client.answer('apr_i-1', approve));
  companion.clock.advance(20_000);
  expect(value(await companion.client.approvals())[0]?.override?.outcome.status).toBe('pending');
  const second = await connectAgent(companion, { instance: 'i-2' });
  await second.askApproval(resumable);
  expect(await second.answer()).toMatchObject({
    approval: 'apr_i-2',
    instance: 'i-2',
    override: { id: override.id, expiresAt: override.expiresAt },
  });
  expect(await companion.audit('approval.requested')).toHaveLength(1);
  expect(await companion.audit('approval.resumed')).toMatchObject([
    { data: { approval: 'apr_i-1', request: { id: 'apr_i-2' } } },
  ]);
});

test('who asks again before anybody answered waits anew, and the answer to the old id reaches it', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  await leave(companion, first);
  companion.clock.advance(30_000);
  const second = await connectAgent(companion, { instance: 'i-2' });
  await second.askApproval(resumable);
  companion.clock.advance(45_000);
  value(await companion.client.answer('apr_i-1', approve));
  expect(await second.answer()).toMatchObject({ approval: 'apr_i-2' });
  expect(await companion.client.answer('apr_i-2', approve)).toMatchObject({
    error: { code: 'already_answered' },
  });
});

test('an answer that may have left is not given to a second process: it asks anew', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  value(await companion.client.answer('apr_i-1', approve));
  await first.answer();
  await leave(companion, first);
  const second = await connectAgent(companion, { instance: 'i-2' });
  await second.askApproval(resumable);
  expect(await companion.audit('approval.resumed')).toEqual([]);
  expect(value(await companion.client.approvals())).toMatchObject([
    { request: { id: 'apr_i-1' }, state: 'answered' },
    { request: { id: 'apr_i-2' }, state: 'pending' },
  ]);
});

test('neither the process nor the companion that is restarted loses the answer or gives it twice', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  await leave(companion, first);
  value(await companion.client.answer('apr_i-1', approve));
  const again = await companion.restart();
  const second = await connectAgent(again, { instance: 'i-2' });
  await second.askApproval(resumable);
  await second.answer();
  await leave(again, second);
  const third = await again.restart();
  const last = await connectAgent(third, { instance: 'i-3' });
  await last.askApproval(resumable);
  expect(value(await third.client.approvals()).at(-1)).toMatchObject({
    request: { id: 'apr_i-3' },
    state: 'pending',
  });
});

test.each([
  ['another action', { actionDigest: `sha256:${'f'.repeat(64)}` }],
  ['a run that cannot go on', { resumable: undefined }],
])('the question of %s is a new one', async (_name, changes) => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  await leave(companion, first);
  const second = await connectAgent(companion, { instance: 'i-2' });
  await second.askApproval({ ...resumable, ...changes });
  expect(await companion.audit('approval.requested')).toHaveLength(2);
});

test('of two questions about the same action each is taken up once, the one of the same call first', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval({ ...resumable, id: 'apr_a', toolCallId: 'call_a' });
  await first.askApproval({ ...resumable, id: 'apr_b', toolCallId: 'call_b' });
  await leave(companion, first);
  const second = await connectAgent(companion, { instance: 'i-2' });
  for (const toolCallId of ['call_b', 'call_new', 'call_more']) {
    await second.askApproval({ ...resumable, id: `apr_${toolCallId}`, toolCallId });
  }
  expect((await companion.audit('approval.resumed')).map(({ data }) => data)).toMatchObject([
    { approval: 'apr_b', request: { id: 'apr_call_b' } },
    { approval: 'apr_a', request: { id: 'apr_call_new' } },
  ]);
  expect(await companion.audit('approval.requested')).toHaveLength(3);
});

test('a process that is still there is not robbed of its question', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  const second = await connectAgent(companion, { instance: 'i-2' });
  await second.askApproval(resumable);
  expect(await companion.audit('approval.requested')).toHaveLength(2);
});

test('an answer for which nobody comes is settled as not executed', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  await leave(companion, first);
  value(await companion.client.answer('apr_i-1', approve));
  companion.clock.advance(75_000);
  expect(value(await companion.client.approvals())[0]?.override?.outcome).toMatchObject({
    status: 'not_executed',
    detail: expect.stringContaining('no process had come for it') as unknown,
  });
  const second = await connectAgent(companion, { instance: 'i-2' });
  await second.askApproval(resumable);
  expect(await companion.audit('approval.resumed')).toEqual([]);
});

test('an answer after the time of the question is refused, resumable or not', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  companion.clock.advance(60_000);
  const response = await companion.post(`${ControlPath.APPROVALS}/apr_i-1`, approve);
  expect(response.status).toBe(410);
});

test('a question is not taken over under the name of another agent, whatever digest it claims', async () => {
  const companion = await startCompanion();
  const first = await connectAgent(companion, { instance: 'i-1' });
  await first.askApproval(resumable);
  await leave(companion, first);
  value(await companion.client.answer('apr_i-1', approve));
  companion.clock.advance(30_000);
  const other = await connectAgent(companion, { instance: 'i-2', agent: 'sales' });
  await other.askApproval(resumable);
  expect(await companion.audit('approval.resumed')).toEqual([]);
  expect(await companion.audit('approval.requested')).toHaveLength(2);
});
