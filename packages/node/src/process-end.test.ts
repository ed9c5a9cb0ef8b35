import { expect, test } from 'vitest';

import { startOtlpReceiver, type OtlpReceiver } from './testing/otlp-receiver.ts';
import { runApp, type AppResult, type RunningApp } from './testing/run-app.ts';

interface Ending {
  readonly receiver: OtlpReceiver;
  readonly bare: AppResult;
  readonly ours: AppResult;
}

/** The same ending with and without the preload. */
async function endBoth(how: string, signal?: NodeJS.Signals): Promise<Ending> {
  const receiver = await startOtlpReceiver();
  const options = {
    app: 'ending.ts',
    args: [how],
    env: { AFTERTRACE_OTLP: receiver.url },
    onLine: (line: string, app: RunningApp) => {
      if (line === 'waiting' && signal !== undefined) app.kill(signal);
    },
  };
  const bare = await runApp({ ...options, imports: [] });
  const ours = await runApp(options);
  await receiver.close();
  return { receiver, bare, ours };
}

function ended(receiver: OtlpReceiver): readonly unknown[] {
  return receiver.events
    .filter(({ name }) => name === 'aftertrace.run.ended')
    .map(({ attributes }) => attributes['aftertrace.run.outcome']);
}

test('an exit code stays what it was, and telemetry has arrived', async () => {
  const { receiver, bare, ours } = await endBoth('code');
  expect([bare.code, ours.code, ours.stderr]).toEqual([3, 3, '']);
  expect(ended(receiver)).toEqual(['failure']);
  expect(receiver.spans.map(({ name }) => name)).toEqual(['invoke_agent ending']);
});

test.each(['throw', 'reject'])(
  'an error that nobody catches ends the process as before, and telemetry has arrived (%s)',
  async (how) => {
    const { receiver, bare, ours } = await endBoth(how);
    expect([bare.code, ours.code]).toEqual([1, 1]);
    const report = /RangeError: nobody catches this[^]*Node\.js/;
    expect(bare.stderr).toMatch(report);
    expect(ours.stderr).toMatch(report);
    expect(ended(receiver)).toEqual(['failure']);
  },
);

test('a signal ends the process by that signal, and telemetry has arrived', async () => {
  const { receiver, bare, ours } = await endBoth('wait', 'SIGTERM');
  expect([bare.signal, ours.signal]).toEqual(['SIGTERM', 'SIGTERM']);
  expect(ended(receiver)).toEqual(['failure']);
});

test('a signal that the application handles is the application’s', async () => {
  const { bare, ours } = await endBoth('handled', 'SIGTERM');
  expect([bare.code, ours.code]).toEqual([5, 5]);
  expect(ours.stdout).toBe(bare.stdout);
});

test('with a receiver that is down the process ends by itself, and what is lost is told', async () => {
  const app = { app: 'ending.ts', args: ['code'] };
  const ours = await runApp({ ...app, env: { AFTERTRACE_OTLP: 'http://127.0.0.1:9' } });
  expect(ours.code).toBe(3);
  expect(ours.stderr).toBe(
    'aftertrace: lost at the end, as http://127.0.0.1:9 did not take it: 1 span and 2 events\n',
  );
});

test('a standard endpoint wins over the companion, and the token stays with the companion', async () => {
  const [standard, companion] = [await startOtlpReceiver(), await startOtlpReceiver()];
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: standard.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    AFTERTRACE_OTLP: companion.url,
    AFTERTRACE_TOKEN: 'secret',
  };
  await runApp({ app: 'ending.ts', args: ['code'], env });
  await Promise.all([standard.close(), companion.close()]);
  expect(standard.spans).toHaveLength(1);
  expect(standard.events).toHaveLength(2);
  expect(standard.authorizations.every((header) => header === undefined)).toBe(true);
  expect(companion.spans).toEqual([]);
});
