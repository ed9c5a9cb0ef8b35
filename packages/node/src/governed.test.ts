import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { ApprovalAnswer, ApprovalRequest } from '@aftertrace/schema';
import { Ack, ApprovalRequest as ApprovalRequestSchema, EvidenceRecord } from '@aftertrace/schema';
import { companionFilePath } from '@aftertrace/schema/names';
import { describe, expect, onTestFinished, test } from 'vitest';

import {
  startControlServer,
  type ControlServer,
  type ServerMood,
} from '../../instrumentation/src/testing/control-server.ts';
import { startFlight, temporaryFile, toolSpan } from './testing/flight.ts';
import { bundle, companionEnv, containment, ran, rule } from './testing/governing.ts';

const STREAMING = [
  ['generate', '0'],
  ['stream', '1'],
] as const;

async function startCompanion(): Promise<ControlServer> {
  const server = await startControlServer();
  onTestFinished(() => server.close());
  return server;
}

function answer(
  request: ApprovalRequest,
  decision: 'approve' | 'modify' | 'reject',
  more: Partial<ApprovalAnswer> = {},
): ApprovalAnswer {
  return {
    revision: 9,
    approval: request.id,
    instance: request.instance,
    actionDigest: request.actionDigest,
    override: {
      id: 'ovr_1',
      at: '2026-11-23T00:00:00.000Z',
      kind: 'approval',
      actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
      decision,
      reason: 'I know this customer',
      prior: { source: 'policy', decision: 'escalate', tool: request.tool },
      actionDigest: request.actionDigest,
      outcome: { status: 'pending' },
      agent: request.agent,
    },
    ...more,
  };
}

describe.each(STREAMING)('a policy file, %s', (_name, STREAM) => {
  test('blocks, redacts and records what it would do in shadow', async () => {
    const { otlp, run } = await startFlight();
    const policy = bundle(
      1,
      rule('no-refund', 'refund', 'block', { with: { message: 'refunds are closed' } }),
      rule('hide-mail', 'lookup_order', 'redact', {
        with: {
          redactions: [
            { in: 'arguments', pointer: '/note', replacement: '[gone]' },
            { in: 'result', pointer: '', detect: ['email'] },
          ],
        },
      }),
      { ...rule('no-explosions', 'explode', 'block'), mode: 'shadow' },
    );
    const file = await temporaryFile('policy.json', JSON.stringify(policy));
    const { code, stdout } = await run(['lookup', 'several'], {
      env: { STREAM, AFTERTRACE_POLICY: file },
    });
    expect(code).toBe(0);
    expect(ran(stdout)).toEqual([
      ['lookup_order', { id: 1, note: '[gone]' }],
      ['lookup_order', { id: 2 }],
      ['explode'],
    ]);
    expect(stdout).not.toContain('"email":"ana@example.com"');
    expect(stdout).toContain('done: several');
    const denied = toolSpan(otlp, 'refund');
    expect(denied).toMatchObject({
      status: 0,
      events: [],
      attributes: {
        'aftertrace.tool.outcome': 'denied',
        'aftertrace.decision.verdict': 'block',
        'aftertrace.decision.rule': 'no-refund',
        'aftertrace.decision.executed': false,
      },
    });
    expect(denied.endNano).toBe(denied.startNano);
    expect(denied.attributes['error.type']).toBeUndefined();
    expect(toolSpan(otlp, 'explode').attributes).toMatchObject({
      'aftertrace.decision.verdict': 'block',
      'aftertrace.decision.action': 'allow',
      'aftertrace.tool.outcome': 'failed',
    });
    const decisions = otlp.events.filter(({ name }) => name === 'aftertrace.tool.decision');
    const rules = decisions.map(({ attributes }) => attributes['aftertrace.decision.rule']);
    expect(rules).toHaveLength(4);
    expect(new Set(rules)).toEqual(new Set(['hide-mail', 'no-explosions', 'no-refund']));
    expect(decisions[0]?.attributes['aftertrace.decision.rules']).toEqual([
      { id: 'hide-mail', verdict: 'redact', mode: 'enforce' },
    ]);
  });

  test('a denied call is no error on the spans of @ai-sdk/otel either', async () => {
    const { otlp, run } = await startFlight();
    const policy = bundle(1, rule('no-refund', 'refund', 'block'));
    const file = await temporaryFile('policy.json', JSON.stringify(policy));
    await run(['refund'], { env: { STREAM, NATIVE: 'global', AFTERTRACE_POLICY: file } });
    expect(toolSpan(otlp, 'refund')).toMatchObject({
      scope: 'gen_ai',
      status: 0,
      events: [],
      attributes: { 'aftertrace.tool.outcome': 'denied' },
    });
  });

  test('what nobody can be asked about is refused at once', async () => {
    const { otlp, run } = await startFlight();
    const policy = bundle(1, rule('ask', 'refund', 'escalate'));
    const file = await temporaryFile('policy.json', JSON.stringify(policy));
    const { stdout } = await run(['refund'], { env: { STREAM, AFTERTRACE_POLICY: file } });
    expect(ran(stdout)).toEqual([]);
    expect(toolSpan(otlp, 'refund').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.action': 'escalate',
    });
  });
});

test('a policy file is reloaded while the agent runs; a bad one changes nothing and is told once', async () => {
  const { run } = await startFlight();
  const file = await temporaryFile('policy.yaml', 'name: t\nrevision: 1\nrules: []\n');
  let answers = 0;
  let refused = 0;
  let isTold = 0;
  // One after the other, and each as a whole: what is half written is the watch's own test.
  let writing = Promise.resolve();
  const write = (text: string): void => {
    writing = writing
      .then(() => writeFile(`${file}.new`, text))
      .then(() => rename(`${file}.new`, file));
  };
  const { stdout, stderr } = await run([], {
    env: { AFTERTRACE_POLICY: file },
    onLine: (line, app) => {
      if (!line.includes('"text"')) return app.send('refund');
      answers += 1;
      if (answers === 1) write(JSON.stringify(bundle(2, rule('no-refund', 'refund', 'block'))));
      if (line.includes('tool-error')) refused += 1;
      if (refused === 1) write('rules: [');
      // Asked again and again: until the new policy is in force, until the bad one has been told, and a few times more.
      if (app.stderr() !== '') isTold += 1;
      return isTold > 3 ? app.finish() : app.send('refund');
    },
  });
  const lines = stdout.split('\n').filter((line) => line.includes('"text"'));
  const firstRefused = lines.findIndex((line) => line.includes('tool-error'));
  expect(firstRefused).toBeGreaterThan(-1);
  expect(lines.slice(firstRefused).every((line) => line.includes('tool-error'))).toBe(true);
  expect(ran(stdout)).toHaveLength(firstRefused);
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringContaining('the policy is refused and changes nothing') as unknown,
  ]);
});

test('the companion’s file is found where HOME is not set', async () => {
  const { run } = await startFlight();
  const server = await startCompanion();
  server.setState({ containments: [containment({})] });
  const home = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const file = companionFilePath({}, home);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ v: 1, console: server.url, token: server.token }));
  // The system's answer for this user, where the environment has none.
  const system = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
    os.homedir = () => process.env.HOME ?? ${JSON.stringify(home)}; syncBuiltinESMExports();`;
  const imports = [`data:text/javascript,${encodeURIComponent(system)}`, '@aftertrace/node'];
  const { stdout } = await run(['refund'], {
    imports,
    env: { HOME: undefined, XDG_STATE_HOME: undefined },
  });
  expect(ran(stdout)).toEqual([]);
});

describe.each<[string, ServerMood | 'down']>([
  ['down', 'down'],
  ['hanging', 'hanging'],
  ['answering HTML', 'html'],
  ['talking nonsense', 'nonsense'],
  ['refusing the token', 'closed'],
])('a companion that is %s', (_name, mood) => {
  test('leaves the agent unharmed', async () => {
    const { otlp, run } = await startFlight();
    const server = await startCompanion();
    const env = companionEnv(server);
    if (mood === 'down') await server.close();
    else server.mood = mood;
    const bare = await run(['several', 'parts'], { imports: [] });
    const ours = await run(['several', 'parts'], { env });
    expect(ours.stdout).toBe(bare.stdout);
    expect(ours.code).toBe(0);
    const problem =
      mood === 'closed' ? 'cannot be used: .*401.*AFTERTRACE_TOKEN' : 'does not answer';
    const line = `^aftertrace: the companion at ${server.url} ${problem}; until it answers, tool calls run without its policy$`;
    expect(ours.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(new RegExp(line)) as unknown,
    ]);
    expect(otlp.events.filter(({ name }) => name === 'aftertrace.tool.outcome')).toHaveLength(2);
  });
});

describe.each(STREAMING)('a companion that is well, %s', (_name, STREAM) => {
  test('has its first state in force before the first tool call, and the acknowledgement', async () => {
    const { run } = await startFlight();
    const server = await startCompanion();
    server.setState({
      policy: bundle(7, rule('note', 'lookup_order', 'flag')),
      containments: [containment({})],
    });
    const env = { ...companionEnv(server), STREAM };
    const { stdout } = await run(['several'], { env });
    expect(ran(stdout)).toEqual([['lookup_order', { id: 2 }], ['explode']]);
    expect(stdout).toContain('done: several');
    const acks = server.acks.map((ack) => Ack.parse(ack));
    expect(acks[0]).toMatchObject({
      agent: 'shop',
      revision: 2,
      policyRevision: 7,
      containments: [{ id: 'ctn_1', aborted: 0 }],
    });
    expect(new Set(acks.map(({ agent }) => agent))).toEqual(new Set(['shop', 'support']));
    expect(server.streams[0]).toContain('agent=shop');
    const evidence = server.evidence.map((record) => EvidenceRecord.parse(record));
    expect(evidence.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(evidence.map(({ data }) => data)).toMatchObject([
      { verdict: 'flag', tool: 'lookup_order', executed: true },
      { verdict: 'block', source: 'containment', containment: 'ctn_1', executed: false },
    ]);
  });

  test('aborts a call that is under way when a kill arrives, and the run goes no further', async () => {
    const { otlp, run } = await startFlight();
    const server = await startCompanion();
    const { stdout } = await run(['slow'], {
      env: { ...companionEnv(server), STREAM, EXIT: '1' },
      onLine: (line) => {
        if (!line.includes('"started"')) return;
        const kill = containment({ kind: 'kill', scope: { agent: 'support' } });
        server.setState({ containments: [kill] });
      },
    });
    expect(stdout).not.toContain('done: slow');
    expect(stdout).toContain(STREAM === '1' ? '"abort"' : '"failed":"run_stopped"');
    expect(toolSpan(otlp, 'slow').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'cancelled',
    });
    expect(server.acks.at(-1)?.containments).toMatchObject([
      { id: 'ctn_1', aborted: 1, stopped: [{ what: 'tool', agent: 'support', tool: 'slow' }] },
    ]);
    const ended = otlp.events.find(({ name }) => name === 'aftertrace.run.ended');
    expect(ended?.attributes).toMatchObject({ 'aftertrace.run.outcome': 'terminated' });
  });

  test.each([
    ['approve', undefined, [['refund', { order: 'A1', amount: 950 }]], 'failed'],
    ['modify', { order: 'A1', amount: 1 }, [['refund', { order: 'A1', amount: 1 }]], 'failed'],
    ['reject', undefined, [], 'not_executed'],
  ] as const)('waits for a person, who says: %s', async (decision, args, calls, status) => {
    const { otlp, run } = await startFlight();
    const server = await startCompanion();
    server.setState({ policy: bundle(1, rule('ask', 'refund', 'escalate')) });
    void server
      .until(() => server.approvals.length > 0)
      .then(() => {
        const request = ApprovalRequestSchema.parse(server.approvals[0]);
        expect(request).toMatchObject({ tool: 'refund', agent: 'support', rule: 'ask' });
        const other = `sha256:${'0'.repeat(64)}`;
        server.answer(answer(request, 'approve', { actionDigest: other }));
        server.answer(answer(request, 'approve', { instance: 'another' }));
        const more = args === undefined ? {} : { arguments: args };
        return server.answer(answer(request, decision, more));
      });
    const env = { ...companionEnv(server), STREAM };
    const { stdout } = await run(['refund'], { env });
    expect(ran(stdout)).toEqual(calls);
    expect(stdout).toContain('done: refund');
    const span = toolSpan(otlp, 'refund');
    expect(span.attributes).toMatchObject({
      'aftertrace.decision.verdict': 'escalate',
      'aftertrace.override.decision': decision,
      'aftertrace.override.actor.id': 'ana@example.com',
      'aftertrace.override.reason': 'I know this customer',
      'aftertrace.override.prior.decision': 'escalate',
      'aftertrace.override.outcome': status,
      'aftertrace.tool.outcome': decision === 'reject' ? 'denied' : 'failed',
    });
    const event = otlp.events.find(({ name }) => name === 'aftertrace.override');
    expect(event).toMatchObject({
      spanId: span.spanId,
      attributes: { 'aftertrace.override.outcome': status },
    });
    const [asked, outcome] = server.evidence.map((record) => EvidenceRecord.parse(record));
    expect(asked).toMatchObject({ type: 'decision', data: { action: 'escalate' } });
    expect(outcome).toMatchObject({
      type: 'override.outcome',
      data: { override: 'ovr_1', status },
    });
  });

  test('what nobody answers in time is refused', async () => {
    const { otlp, run } = await startFlight();
    const server = await startCompanion();
    const ask = rule('ask', 'refund', 'escalate', { with: { ttlMillis: 300 } });
    server.setState({ policy: bundle(1, ask) });
    const { stdout } = await run(['refund'], { env: { ...companionEnv(server), STREAM } });
    expect(ran(stdout)).toEqual([]);
    expect(toolSpan(otlp, 'refund').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.action': 'escalate',
    });
  });
});

test('an agent keeps what was in force when the companion goes away, and finds it again', async () => {
  const { run } = await startFlight();
  const server = await startCompanion();
  server.setState({ containments: [containment({})] });
  let answers = 0;
  const { stdout } = await run([], {
    env: companionEnv(server),
    onLine: (line, app) => {
      if (!line.includes('"text"')) return app.send('refund');
      answers += 1;
      if (answers === 3) return app.finish();
      server.mood = answers === 1 ? 'html' : 'well';
      if (answers === 2) server.setState({ containments: [] });
      server.cut();
      const streams = server.streams.length;
      const acks = server.acks.length;
      // Away: when it has tried again in vain. Back: when it has acknowledged.
      const isReady = (): boolean =>
        answers === 1 ? server.streams.length > streams : server.acks.length > acks;
      return void server.until(isReady).then(() => app.send('refund'));
    },
  });
  expect(ran(stdout)).toHaveLength(1);
  expect(stdout.split('"prompt":"refund"')).toHaveLength(4);
});
