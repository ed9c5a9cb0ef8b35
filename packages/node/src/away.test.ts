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
