import type { Override, QuarantinedCall, Rollback } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { toolRegistry } from '../../../instrumentation/src/guard/process-tools.ts';
import type { ToolCall } from '../../../instrumentation/src/guard/tool-call.ts';
import { agentCall } from '../../../instrumentation/src/testing/agent-process.ts';
import { TOKEN } from '../companion/testing/running.ts';
import { ExitCode } from '../exit-code.ts';
import { governed, startAgent } from '../testing/governed.ts';
import { printed, run } from '../testing/run.ts';
import { rollBack } from './rollback.ts';

async function json<T>(...args: string[]): Promise<T> {
  const printed = await run(...args, '--json');
  if (printed.out === '') throw new Error(printed.err);
  return JSON.parse(printed.out) as T;
}

const call = (tool: string): ToolCall => agentCall(tool, { id: 'run-1' });

test('a quarantined call is reviewed and its one retry released, from the command line to the tool', async () => {
  const { env } = await governed();
  const agent = await startAgent(env);
  await run('quarantine', 'support', '--reason', 'odd mails', '--wait');
  let sent = 0;
  const send = (): Promise<unknown> =>
    agent.guard.call(call('send_email'), { execute: () => (sent += 1) });
  await expect(send()).rejects.toMatchObject({ code: 'call_refused' });
  const [held] = await json<QuarantinedCall[]>('held');
  expect(held).toMatchObject({ state: 'held', request: { tool: 'send_email' } });
  const id = held?.request.id ?? '';
  expect((await run('held', 'show', id)).out).toContain('"order": "7"');
  expect((await run('held', 'release', id)).code).toBe(ExitCode.USAGE);
  const unsaid = await run('held', 'release', id, '--reason', ' ');
  expect(unsaid.code).toBe(ExitCode.FAILED);
  expect(unsaid.err.match(/a reason is required/g)).toHaveLength(1);
  const { code, out } = await run('held', 'release', id, '--reason', 'right address');
  expect([code, out]).toEqual([ExitCode.OK, expect.stringContaining('one retry')]);
  expect(sent).toBe(0);
  expect(await send()).toBe(1);
  await expect(send()).rejects.toMatchObject({ code: 'call_refused' });
  expect(sent).toBe(1);
  await expect
    .poll(async () => (await json<QuarantinedCall[]>('held', 'list', '--all'))[0])
    .toMatchObject({ state: 'retried', override: { outcome: { status: 'succeeded' } } });
});

test('a reviewer sees the arguments of a call to their end', async () => {
  const { env } = await governed();
  const agent = await startAgent(env);
  await run('quarantine', 'support', '--reason', 'odd mails', '--wait');
  const long = { ...call('send_email'), arguments: { text: `${'x'.repeat(3_000)} and more` } };
  await expect(agent.guard.call(long, { execute: () => 'sent' })).rejects.toMatchObject({
    code: 'call_refused',
  });
  const [held] = await json<QuarantinedCall[]>('held');
  expect((await run('held', 'show', held?.request.id ?? '')).out).toContain('x and more"');
});

test('a rollback undoes the last call first, asks about what is seen outside, and lists what is left', async () => {
  const { env } = await governed();
  const undone: unknown[] = [];
  const compensate = (made: { tool: string; result: unknown }): void =>
    void undone.push([made.tool, made.result]);
  toolRegistry().describe('reserve', { reversibility: 'reversible', compensate });
  toolRegistry().describe('charge', { reversibility: 'externally_reversible', compensate });
  toolRegistry().describe('wire', { reversibility: 'irreversible' });
  const agent = await startAgent(env);
  for (const tool of ['reserve', 'charge', 'wire']) {
    await agent.guard.call(call(tool), { execute: () => ({ made: tool }) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await agent.link.drain();
  const plan = await json<Rollback>('rollback', '--run', 'run-1', '--reason', 'x', '--dry-run');
  expect(plan.steps.map(({ effect, left }) => [effect.tool, left])).toEqual([
    ['wire', 'irreversible'],
    ['charge', 'not_confirmed'],
    ['reserve', undefined],
  ]);
  expect(undone).toEqual([]);
  const asked: string[] = [];
  const out: string[] = [];
  const code = await rollBack(
    {
      run: 'run-1',
      reason: 'wrong customer',
      dryRun: false,
      confirmAll: false,
      wait: 20_000,
      json: false,
    },
    { out: (text) => out.push(text), err: () => undefined },
    {
      now: () => performance.now(),
      ask: async (question) => {
        asked.push(question);
        return true;
      },
    },
  );
  expect(asked).toEqual([expect.stringContaining('charge')]);
  expect(undone).toEqual([
    ['charge', { made: 'charge' }],
    ['reserve', { made: 'reserve' }],
  ]);
  expect(code).toBe(ExitCode.FAILED);
  expect(out.join('\n')).toContain('LEFT: cannot be undone');
  const again = await json<Rollback>('rollback', '--conversation', 'chat-1', '--reason', 'x');
  expect(again.steps.map(({ left }) => left)).toEqual([
    'irreversible',
    'undone_before',
    'undone_before',
  ]);
  const nothing = await run('rollback', '--run', 'other', '--reason', 'x', '--dry-run');
  expect(nothing.out).toContain('no effect of it is known');
  const both = await run('rollback', '--run', 'a', '--conversation', 'b', '--reason', 'x');
  expect(both.code).toBe(ExitCode.USAGE);
});

test('the name of a tool that is left does not reach the terminal raw', async () => {
  const { env } = await governed();
  const tool = 'charge\u001B[2J';
  toolRegistry().describe(tool, {
    reversibility: 'externally_reversible',
    compensate: () => undefined,
  });
  const agent = await startAgent(env);
  await agent.guard.call(call(tool), { execute: () => 'made' });
  await agent.link.drain();
  const order = { dryRun: false, confirmAll: false, wait: 1_000, json: false };
  const { err } = await printed((output) =>
    rollBack({ ...order, run: 'run-1', reason: 'x' }, output, {
      ask: undefined,
      now: () => performance.now(),
    }),
  );
  expect(err).toContain(String.raw`(charge\x1b[2J), not confirmed`);
});

test('a question asked before the process was restarted is answered while it is away and runs once in the next', async () => {
  const { env, companion } = await governed();
  const rule = {
    id: 'ask',
    match: { tool: 'refund' },
    verdict: 'escalate',
    mode: 'enforce',
    with: { ttlMillis: 60_000 },
  };
  const body = { name: 'p', rules: [rule], actor: { id: 'ana@example.com' }, reason: 'first' };
  expect((await companion.post('/control/v1/policy', body, TOKEN)).status).toBe(201);
  const inRun = (): ToolCall => agentCall('refund', { id: 'order-7', resumable: true });
  const first = await startAgent(env);
  void first.guard.call(inRun(), { execute: () => 'first' }).catch(() => undefined);
  const pending = async (): Promise<{ request: { id: string } }[]> => json('approvals');
  await expect.poll(async () => (await pending()).length).toBe(1);
  first.link.close();
  const [question] = await pending();
  await expect
    .poll(async () => companion.companion.control.instances().some(({ connected }) => connected))
    .toBe(false);
  const answered = await json<Override>(
    'approve',
    question?.request.id ?? '',
    '--reason',
    'known',
    '--arguments',
    '{"order":"8"}',
  );
  expect(answered).toMatchObject({ decision: 'modify', change: { paths: ['/order'] } });
  const second = await startAgent(env);
  const seen: unknown[] = [];
  await second.guard.call(inRun(), { execute: (args) => void seen.push(args) });
  expect(seen).toEqual([{ order: '8' }]);
  const badJson = await run('approve', 'x', '--reason', 'y', '--arguments', '{');
  expect(badJson.code).toBe(ExitCode.USAGE);
});
