import { ControlPath } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { startCompanion, type TestCompanion } from '../testing/companion.ts';
import { errorOf } from '../testing/fixtures.ts';
import { connectAgent } from '../testing/test-agent.ts';

const by = { actor: { id: 'root@example.com' }, reason: 'set-up' };
const at = '2026-11-22T10:00:00.000Z';

async function boundTo(companion: TestCompanion, agents: string[]) {
  const issued = await companion.client.createToken({ role: 'agent', name: 'a', agents, ...by });
  if (!issued.ok) throw new Error(issued.error.message);
  const { secret, token } = issued.value;
  return { id: token.id, ...using(companion, secret) };
}

function using(companion: TestCompanion, secret: string) {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
  const post = async (path: string, body: unknown): Promise<Response> =>
    companion.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
  const get = async (path: string): Promise<Response> => companion.request(path, { headers });
  return { secret, post, get };
}

const ack = (instance: string, agent: string) => ({
  instance,
  agent,
  revision: 0,
  inForceSince: at,
  containments: [],
});

const decision = (agent: string) => ({
  seq: 0,
  type: 'decision',
  data: {
    id: 'dec_1',
    at,
    verdict: 'block',
    action: 'block',
    source: 'policy',
    rules: [],
    agent,
    tool: 'refund',
    executed: false,
  },
});

const call = (instance: string, agent: string) => ({
  id: `x_${instance}_${agent}`,
  instance,
  agent,
  tool: 'refund',
  arguments: {},
  actionDigest: `sha256:${'a'.repeat(64)}`,
  requestedAt: at,
  expiresAt: '2026-11-22T11:00:00.000Z',
});

test('a token that is bound to agents speaks for these, over every path', async () => {
  const companion = await startCompanion();
  const { post, get } = await boundTo(companion, ['support', 'billing']);
  expect((await get(`${ControlPath.STATE}?instance=i-1&agent=support`)).status).toBe(200);
  expect((await post(ControlPath.ACKS, ack('i-1', 'billing'))).status).toBe(204);
  const records = [decision('billing')];
  const evidence = { instance: 'i-1', agent: 'support', records };
  expect((await post(ControlPath.EVIDENCE, evidence)).status).toBe(200);
  expect(await companion.audit('decision')).toMatchObject([
    { data: { decision: { agent: 'billing' } } },
  ]);
  expect((await post(ControlPath.APPROVALS, call('i-1', 'support'))).status).toBe(201);
});

test.each<
  [string, (bound: Awaited<ReturnType<typeof boundTo>>) => Promise<Response>, claimed: string]
>([
  ['registration', ({ get }) => get(`${ControlPath.STREAM}?instance=i-1&agent=sales`), 'sales'],
  ['polling', ({ get }) => get(`${ControlPath.STATE}?instance=i-1&agent=sales`), 'sales'],
  ['a stream without a name', ({ get }) => get(`${ControlPath.STREAM}?instance=i-1`), ''],
  ['acknowledgements', ({ post }) => post(ControlPath.ACKS, ack('i-1', 'sales')), 'sales'],
  [
    'evidence',
    ({ post }) =>
      post(ControlPath.EVIDENCE, { instance: 'i-1', agent: 'sales', records: [decision('sales')] }),
    'sales',
  ],
  [
    'evidence of what another agent did',
    ({ post }) =>
      post(ControlPath.EVIDENCE, {
        instance: 'i-1',
        agent: 'support',
        records: [decision('sales')],
      }),
    'support',
  ],
  ['questions to people', ({ post }) => post(ControlPath.APPROVALS, call('i-1', 'sales')), 'sales'],
  [
    'calls in quarantine',
    ({ post }) => post(ControlPath.QUARANTINE, call('i-1', 'sales')),
    'sales',
  ],
  [
    'acknowledgements of the process of another agent',
    ({ post }) => post(ControlPath.ACKS, ack('other', 'support')),
    'support',
  ],
  [
    'the stream of the process of another agent',
    ({ get }) => get(`${ControlPath.STREAM}?instance=other&agent=support`),
    'support',
  ],
])(
  'a token that is bound to others is refused %s, which is audited',
  async (_what, act, claimed) => {
    const told: string[] = [];
    const companion = await startCompanion({ onRefused: ({ cause }) => told.push(cause) });
    await connectAgent(companion, { instance: 'other', agent: 'sales' });
    const bound = await boundTo(companion, ['support']);
    const response = await act(bound);
    expect(response.status).toBe(403);
    expect((await errorOf(response)).code).toBe('forbidden_agent');
    expect(told).toEqual(['forbidden_agent']);
    expect(await companion.audit('access.refused')).toMatchObject([
      { data: { cause: 'forbidden_agent', claimed, tokenId: bound.id } },
    ]);
    expect(companion.plane.instances().map(({ agent }) => agent)).toEqual(['sales']);
    expect(await companion.audit('decision')).toEqual([]);
  },
);

test('the outcome of an act on another agent is not for a token that is bound to others', async () => {
  const companion = await startCompanion();
  const agent = await connectAgent(companion, { instance: 'other', agent: 'sales' });
  await agent.askApproval();
  const answered = await companion.client.answer('apr_other', {
    decision: 'approve',
    actor: { id: 'ana@example.com' },
    reason: 'fine',
  });
  if (!answered.ok) throw new Error(answered.error.message);
  const outcome = { override: answered.value.id, status: 'failed', at };
  const { post } = await boundTo(companion, ['support']);
  const records = [{ seq: 0, type: 'override.outcome', data: outcome }];
  const refused = await post(ControlPath.EVIDENCE, { instance: 'i-1', agent: 'support', records });
  expect(refused.status).toBe(403);
  expect(await companion.audit('override.outcome')).toEqual([]);
});

test('a token stays bound when it is rotated and when the companion is restarted', async () => {
  const companion = await startCompanion();
  const { id } = await boundTo(companion, ['support', 'support']);
  const rotated = await companion.client.rotateToken(id, by);
  if (!rotated.ok) throw new Error(rotated.error.message);
  expect(rotated.value.token.agents).toEqual(['support']);
  const again = await companion.restart();
  const { post } = using(again, rotated.value.secret);
  expect((await post(ControlPath.ACKS, ack('i-1', 'support'))).status).toBe(204);
  expect((await post(ControlPath.ACKS, ack('i-1', 'sales'))).status).toBe(403);
  expect(await again.audit('token.created')).toMatchObject([{ data: { agents: ['support'] } }]);
});

test('only tokens of agents are bound to agents', async () => {
  const companion = await startCompanion();
  const order = { role: 'responder' as const, name: 'r', agents: ['support'], ...by };
  expect(await companion.client.createToken(order)).toMatchObject({
    error: { code: 'invalid_request', problems: [{ path: 'agents' }] },
  });
});
