import { Ack, type Containment } from '@aftertrace/schema';
import { describe, expect, onTestFinished, test } from 'vitest';

import { startControlServer } from '../../instrumentation/src/testing/control-server.ts';
import { startFlight } from './testing/flight.ts';
import { companionEnv, containment } from './testing/governing.ts';
import { startSilentModel } from './testing/silent-model.ts';

const kill = containment({ kind: 'kill', scope: { agent: 'support' } });

async function start(STREAM: string) {
  const [flight, server, model] = await Promise.all([
    startFlight(),
    startControlServer(),
    startSilentModel(STREAM === '1'),
  ]);
  onTestFinished(() => server.close());
  const env = { ...companionEnv(server), STREAM, MODEL_URL: model.url };
  return { ...flight, server, model, env };
}

describe.each([
  ['generate', '0'],
  ['stream', '1'],
])('an agent that only talks to its model, %s', (_name, STREAM) => {
  test.each<[string, Partial<Containment>]>([
    ['a kill', {}],
    ['a retirement', { kind: 'retire' }],
  ])('is stopped by %s while the model answers', async (_what, more) => {
    const { otlp, run, server, model, env } = await start(STREAM);
    const running = run(['ponder'], { env });
    await model.asked(1);
    server.setState({ containments: [{ ...kill, ...more }] });
    await model.hungUp;
    const { stdout, code } = await running;
    expect(code).toBe(0);
    expect(stdout).toContain(STREAM === '1' ? '"abort"' : '"failed":"run_stopped"');
    expect(model.requests()).toBe(1);
    const ended = otlp.events.find(({ name }) => name === 'aftertrace.run.ended');
    expect(ended?.attributes).toMatchObject({
      'aftertrace.run.outcome': 'terminated',
      'aftertrace.run.outcome.basis': 'terminated',
      'aftertrace.containment.id': 'ctn_1',
    });
    expect(ended?.attributes).not.toHaveProperty('error.type');
    const acks = server.acks.map((ack) => Ack.parse(ack));
    expect(acks.at(-1)?.containments).toEqual([
      {
        id: 'ctn_1',
        aborted: 1,
        stopped: [{ what: 'run', agent: 'support', run: expect.any(String) as unknown }],
      },
    ]);
  });

  test('makes no model call at all where a kill is in force when it starts', async () => {
    const { run, server, model, env } = await start(STREAM);
    server.setState({ containments: [kill] });
    const { stdout, code } = await run(['ponder'], { env });
    expect(code).toBe(0);
    expect(stdout).not.toContain('think');
    expect(model.requests()).toBe(0);
  });

  test('goes on under a revocation', async () => {
    const { run, server, model, env } = await start(STREAM);
    let isOver = false;
    let stop: (() => void) | undefined;
    const running = run(['ponder'], {
      env,
      onLine: (_line, app) => (stop ??= () => app.kill('SIGKILL')),
    }).finally(() => (isOver = true));
    await model.asked(1);
    server.setState({ containments: [{ ...kill, kind: 'revoke' }] });
    await server.until(() => server.acks.some((ack) => ack.containments.length === 1));
    expect(isOver).toBe(false);
    stop?.();
    const { stdout, signal } = await running;
    expect(signal).toBe('SIGKILL');
    expect(stdout).not.toContain('stopped');
  });
});
