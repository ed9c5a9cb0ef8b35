import type { Containment } from '@aftertrace/schema';
import { describe, expect, test } from 'vitest';

import {
  startControlServer,
  type ControlServer,
} from '../../instrumentation/src/testing/control-server.ts';
import { startFlight, toolSpan } from './testing/flight.ts';
import { bundle, companionEnv, containment, ran, rule } from './testing/governing.ts';
import type { RunningApp } from './testing/run-app.ts';

describe('a process that starts while its companion is away', () => {
  /** What a process leaves that ran while the companion was there. */
  async function leaveState(policy: object, containments: readonly Containment[] = []) {
    const { run, otlp } = await startFlight();
    const server = await startControlServer();
    server.setState({ policy, containments });
    const env = companionEnv(server);
    await run(['lookup'], { env });
    await server.close();
    return { run, otlp, env };
  }

  test.each([
    ['policy', bundle(7, rule('no-refund', 'refund', 'block')), []],
    ['containments', bundle(7), [containment({})]],
  ])('holds to the %s of the last state, and says so', async (_what, policy, containments) => {
    const { run, env } = await leaveState(policy, containments);
    const { stdout, stderr } = await run(['refund'], { env });
    expect(ran(stdout)).toEqual([]);
    expect(stderr).toMatch(/^[^\n]*does not answer[^\n]* sent last \(revision 2\)\n$/);
  });

  test('makes no model call where it was killed', async () => {
    const kill = containment({ kind: 'kill', scope: { agent: 'support' } });
    const { run, env, otlp } = await leaveState(bundle(7), [kill]);
    const before = otlp.spans.length;
    const { stdout } = await run(['refund'], { env });
    expect(stdout).toContain('"failed":"run_stopped"');
    expect(otlp.spans.slice(before).map(({ name }) => name)).not.toContain('execute_tool refund');
  });

  test('is not held by what has expired since', async () => {
    const expiresAt = '2020-01-01T00:00:00.000Z';
    const { run, env } = await leaveState(bundle(1), [containment({ expiresAt })]);
    expect(ran((await run(['refund'], { env })).stdout)).toHaveLength(1);
  });

  test('takes what the companion says when it is back, also an older revision', async () => {
    const { run, env } = await leaveState(bundle(7, rule('no-refund', 'refund', 'block')));
    const port = Number(new URL(env['AFTERTRACE_COMPANION'] ?? '').port);
    let back: ControlServer | undefined;
    const comeBack = async (app: RunningApp): Promise<void> => {
      const server = await startControlServer(port);
      back = server;
      server.setState({ policy: bundle(1) });
      await server.until(() => server.acks.length > 0);
      app.send('refund');
    };
    const { stdout } = await run([], {
      env,
      onLine: (line, app) => {
        if (line.includes('"text"') && back !== undefined) return app.finish();
        if (!line.includes('"text"')) return app.send('refund');
        return void comeBack(app);
      },
    });
    await back?.close();
    expect(ran(stdout)).toHaveLength(1);
  });

  test('is free where it was told to be open', async () => {
    const { run, env } = await leaveState(bundle(7, rule('no-refund', 'refund', 'block')));
    const { stdout, stderr } = await run(['refund'], {
      env: { ...env, AFTERTRACE_ON_START: 'open' },
    });
    expect(ran(stdout)).toHaveLength(1);
    expect(stderr).toContain('tool calls run without its policy');
  });

  test.each([
    ['and there is one', true],
    ['and there is none', false],
  ])('calls no tool where it was told to be closed, %s', async (_name, configured) => {
    const { run, env, otlp } = await leaveState(bundle(7));
    const { stdout, stderr } = await run(['refund'], {
      env: { ...(configured ? env : {}), AFTERTRACE_ON_START: 'closed' },
    });
    expect(ran(stdout)).toEqual([]);
    expect(stdout).toContain('done: refund');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(toolSpan(otlp, 'refund').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.source': 'default',
    });
  });
});

test('a process that has lost its companion calls no tool after the time that it was told, until that is back', async () => {
  const { run } = await startFlight();
  const first = await startControlServer();
  const port = Number(new URL(first.url).port);
  let back: ControlServer | undefined;
  let refused = 0;
  const turn = async (line: string, app: RunningApp): Promise<void> => {
    if (line.includes('"ready"')) return app.send('refund');
    if (!line.includes('"text"')) return undefined;
    if (refused === 0 && !line.includes('tool-error')) await first.close();
    if (line.includes('tool-error')) {
      refused += 1;
      back ??= await startControlServer(port);
      await back.until(() => (back?.acks.length ?? 0) > 0);
    } else if (refused > 0) return app.finish();
    return app.send('refund');
  };
  const { stderr } = await run([], {
    env: { ...companionEnv(first), AFTERTRACE_ON_DISCONNECT: 'closed:0' },
    onLine: (line, app) => void turn(line, app),
  });
  await back?.close();
  expect(refused).toBeGreaterThan(0);
  expect(stderr).toContain('has been away for more than 0 s');
});
