import type { ContainmentProgress } from '@aftertrace/control';
import { describe, expect, test } from 'vitest';

import { agentCall } from '../../../instrumentation/src/testing/agent-process.ts';
import { ExitCode } from '../exit-code.ts';
import { answerOrdersOnly, governed, startAgent } from '../testing/governed.ts';
import { run } from '../testing/run.ts';
import { describeContainment, timeToStopMillis } from './describe-containment.ts';

const WHY = ['--reason', 'refunds twice'] as const;

describe('an order that nobody is there for', () => {
  test.each([
    ['kill', ['kill', 'support']],
    ['revoke', ['revoke', 'refund']],
    ['quarantine', ['quarantine', 'support', '--tool', 'refund']],
    ['retire', ['retire', 'support', '--agent-version', '1.2.0']],
  ])('is no success, waited for or not: %s', async (_name, words) => {
    await governed();
    const { code, out } = await run(...words, ...WHY);
    expect(out).toContain('no process with a guard is connected');
    expect(code).toBe(ExitCode.NOBODY);
  });
});

test('a kill says since when it is in force in each process, and what that has stopped', async () => {
  const { env } = await governed();
  const agent = await startAgent(env);
  const { promise: never } = Promise.withResolvers<string>();
  const attempt = agent.guard.call(agentCall('refund', { id: 'run-1' }), {
    execute: () => never,
  });
  const stopped = attempt.catch((error: unknown) => error);
  const { code, out } = await run('kill', 'support', ...WHY, '--wait');
  expect(await stopped).toMatchObject({ code: 'call_stopped' });
  expect(code).toBe(ExitCode.OK);
  expect(out).toMatch(/^ctn_\S+: kill agent support, in force in every live process$/m);
  expect(out).toMatch(/ordered \S+ by ana@example\.com, until released/);
  expect(out).toMatch(/in force in \S+ since \S+, 1 call aborted, proven \d+ ms after the order/);
  expect(out).toContain('stopped tool refund of support, run run-1');
});

test('an order whose progress nobody tells was given all the same, and says under which id', async () => {
  await answerOrdersOnly(await governed());
  const { code, err } = await run('kill', 'support', ...WHY, '--wait', '1s');
  expect(err).toMatch(/ctn_\S+ is ordered.*aftertrace containments ctn_/);
  expect(code).toBe(ExitCode.NOT_EFFECTIVE);
});

test('a drill waits, stops for real, reports the time to stop, and has an end', async () => {
  const { env } = await governed();
  const agent = await startAgent(env);
  const { code, out } = await run('kill', 'support', ...WHY, '--drill');
  expect(code).toBe(ExitCode.OK);
  expect(out).toMatch(/drill, kill agent support/);
  expect(out).toMatch(/drill: time to stop \d+ ms, 1 of 1 processes, 0 calls aborted/);
  expect(out).not.toContain('until released');
  const attempt = agent.guard.call(agentCall('refund', { id: 'run-1' }), { execute: () => 'ran' });
  await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
});

test('a kill returns in steps: in shadow its agent works and its calls are recorded', async () => {
  const { env } = await governed();
  const agent = await startAgent(env);
  const ordered = await run('kill', 'support', ...WHY, '--wait', '--json');
  const { id } = (JSON.parse(ordered.out) as ContainmentProgress).containment;
  const staged = await run(
    'release',
    id,
    '--reason',
    'the fix is out',
    '--shadow-first',
    '--ttl',
    '1h',
  );
  expect(staged.out).toContain('in shadow before its release');
  const works = async (): Promise<unknown> =>
    agent.guard.call(agentCall('refund', { id: 'run-2' }), { execute: () => 'ran' });
  await expect.poll(() => works().catch(String)).toBe('ran');
  expect((await run('containments', id)).out).toContain('in shadow since');
  expect((await run('release', id, '--reason', 'quiet')).out).toContain('released');
});

test('a retirement says what ends it', async () => {
  await governed();
  const { out } = await run('retire', 'support', ...WHY);
  expect(out).toMatch(/by ana@example\.com, until a redeployment record lifts it$/m);
});

test('a retirement is lifted by a redeployment record, and a plan acts once a person has switched it on', async () => {
  await governed();
  const ordered = await run('retire', 'support', ...WHY, '--json');
  const { id } = (JSON.parse(ordered.out) as ContainmentProgress).containment;
  const refused = await run('release', id, '--reason', 'we need it');
  expect(refused).toMatchObject({ code: ExitCode.FAILED });
  expect(refused.err).toContain('redeployment record');
  const half = await run('release', id, '--reason', 'x', '--criterion', 'capped');
  expect(half.code).toBe(ExitCode.USAGE);
  const quarter = await run('release', id, '--reason', 'x', '--version', '2');
  expect(quarter).toMatchObject({ code: ExitCode.USAGE });
  expect(quarter.err).toContain('--criterion');
  const record = ['--criterion', 'refunds are capped', '--approver', 'ben@example.com'];
  expect((await run('release', id, '--reason', 'approved', ...record)).code).toBe(ExitCode.OK);
  expect((await run('plans')).out).toContain('no plan was ever switched on');
  expect((await run('plans', 'on', 'storm', '--reason', 'agreed')).out).toContain(
    'in the name of ana@example.com',
  );
  expect((await run('plans')).out).toMatch(/storm\s+on\s+ana@example\.com/);
  expect((await run('plans', 'off', 'storm', '--reason', 'over')).out).toContain('stands until');
});

test.each([
  [['kill']],
  [['kill', '--tool', 'refund', '--everything']],
  [['revoke', '--agent-version', '1', '--everything']],
])('an order that does not say what it covers is none: %j', async (words) => {
  await governed();
  const { code, err } = await run(...words, ...WHY);
  expect(code).toBe(ExitCode.USAGE);
  expect(err).toContain('what is to be stopped?');
});

test('what a kill could not be sealed, or cannot reach, is said', () => {
  const progress: ContainmentProgress = {
    containment: {
      id: 'ctn_1',
      kind: 'kill',
      scope: 'global',
      mode: 'enforce',
      reason: 'x',
      actor: { kind: 'plan', id: 'storm', assurance: 'asserted' },
      plan: {
        id: 'storm',
        switchedOnBy: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
      },
      requestedAt: '2026-11-22T10:00:00.000Z',
      drill: true,
      inFlight: 'abort',
      effective: [],
      unreachable: ['i-2'],
    },
    state: 'unenforceable',
    pending: [],
    unenforceable: ['py-agent\u001b[2J'],
    unattached: [{ instance: 'i-3', frameworks: ['openai 8.0.0'] }],
    sealed: false,
  };
  const text = describeContainment(progress);
  expect(text).toContain(
    'kill everything, NOT in force everywhere: what works without a guard cannot be stopped',
  );
  expect(text).toContain('by plan storm in the name of ana@example.com');
  expect(text).toContain('NOT SEALED');
  expect(text).toContain('unreachable: i-2');
  expect(text).toContain('unenforceable: agent py-agent');
  expect(text).toContain('unenforceable: i-3, not attached to openai 8.0.0');
  expect(text).not.toContain('\u001b');
  expect(text).toContain('drill: no time to stop');
  expect(timeToStopMillis(progress)).toBeUndefined();
});
