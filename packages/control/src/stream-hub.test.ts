import { ControlPath, ControlState } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { startCompanion, type TestCompanion } from './testing/companion.ts';
import { blockSql, errorOf, publish, revoke, value } from './testing/fixtures.ts';
import { connectAgent, type TestAgent } from './testing/test-agent.ts';

test('the stream begins with the whole state, which is what polling gives', async () => {
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

test('many processes are told to spread their acknowledgements, a few are not', async () => {
  const companion = await startCompanion();
  const streams = Array.from({ length: 60 }, (_, n) =>
    companion.request(`${ControlPath.STREAM}?instance=i-${n}&agent=support`),
  );
  await Promise.all(streams);
  const agent = await connectAgent(companion, { instance: 'last' });
  expect((await agent.state()).ackSpreadMillis).toBeUndefined();
  value(await companion.client.contain(revoke));
  const told = await agent.state(({ containments }) => containments.length === 1);
  expect(ControlState.parse(told).ackSpreadMillis).toBe(15);
});

test('the stream carries a heartbeat in its interval', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'i-1' });
  await agent.state();
  companion.clock.advance(10_000);
  const beat = await agent.next(({ event }) => event === 'heartbeat');
  expect(beat.data).toEqual({ at: '2026-11-22T10:00:10.000Z' });
});

test('the stream needs an instance', async () => {
  const companion = await startCompanion();
  const response = await companion.request(`${ControlPath.STREAM}?agent=support`);
  expect(response.status).toBe(400);
  expect((await errorOf(response)).problems?.[0]?.path).toBe('instance');
});

/** A bundle of about 900 kB: a few of them are more than the kernel takes for a reader that reads nothing. */
const largeRules = Array.from({ length: 900 }, (_, n) => ({
  id: `rule-${n}`,
  description: 'x'.repeat(900),
  match: { tool: `tool_${n}` },
  verdict: 'block',
}));
const PUBLICATIONS = 20;

async function overwhelm(): Promise<{
  companion: TestCompanion;
  slow: Response;
  agent: TestAgent;
}> {
  const companion = await startCompanion();
  const slow = await companion.request(`${ControlPath.STREAM}?instance=slow&agent=support`);
  const agent = await connectAgent(companion, { instance: 'i-1' });
  for (let n = 1; n <= PUBLICATIONS; n += 1) {
    value(await companion.client.publishPolicy({ ...publish, rules: largeRules }));
    await agent.state((state) => state.policy?.revision === n);
  }
  return { companion, slow, agent };
}

test('the stream of a reader that takes nothing holds up nobody, is held in bounds, and is cut', async () => {
  const { companion, slow, agent } = await overwhelm();
  expect(companion.plane.instances().filter(({ connected }) => connected)).toHaveLength(2);
  const [stalled] = companion.responses;
  expect(stalled?.writableNeedDrain).toBe(true);
  expect(stalled?.writableLength).toBeLessThan(2_000_000);
  companion.clock.advance(40_000);
  expect(companion.logged.join()).toMatch(/stream of "slow" cut/);
  await expect(slow.text()).rejects.toThrow(/terminated/);
  companion.clock.advance(10_000);
  await agent.next(({ event }) => event === 'heartbeat');
});

test('the stream of a reader that was behind goes on with what is true then', async () => {
  const { slow } = await overwhelm();
  const revisions: number[] = [];
  let text = '';
  for await (const chunk of slow.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) revisions.push(Number(/^id: (\d+)/.exec(block)?.[1]));
    if (revisions.includes(PUBLICATIONS)) break;
  }
  expect(revisions.at(-1)).toBe(PUBLICATIONS);
  expect(revisions.length).toBeLessThan(PUBLICATIONS);
});
