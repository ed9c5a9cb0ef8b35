import { expect, test } from 'vitest';

import type { CompanionOptions } from './companion.ts';
import { connectedCompanion, type CompanionParts } from './connected-companion.ts';

const never = (): Promise<void> => new Promise<void>(() => undefined);

const nothing = (): Promise<void> => Promise.resolve();

/** A companion of which only the end matters; `parts` are those that end otherwise than at once. */
function start(
  parts: Readonly<Record<string, () => Promise<void>>>,
  more: { readonly listen?: CompanionOptions['listen']; readonly pipeline?: object } = {},
) {
  const ended: string[] = [];
  const logged: string[] = [];
  const deadlines: number[] = [];
  const ending = (name: string) => async (): Promise<void> => {
    await parts[name]?.();
    ended.push(name);
  };
  const options = {
    dataDir: { path: 'nowhere', migrated: [], setAddresses: () => Promise.resolve() },
    listen: more.listen,
    now: Date.now,
    log: (_level: string, message: string) => void logged.push(message),
  };
  const companion = connectedCompanion(
    options as unknown as CompanionOptions,
    {
      place: { console: undefined },
      checkpoints: { shutdown: ending('checkpoints') },
      ledger: { close: ending('ledger') },
      anchors: { flush: ending('anchors') },
      incidents: { start: nothing, shutdown: ending('incidents') },
      control: { start: nothing, shutdown: ending('control') },
      pipeline: {
        start: nothing,
        problems: () => [],
        shutdown: async (deadlineMillis: number) => {
          deadlines.push(deadlineMillis);
          await ending('pipeline')();
        },
        ...more.pipeline,
      },
      observer: {
        start: () => undefined,
        watch: () => undefined,
        timed: <T>(work: () => T): T => work(),
        shutdown: ending('observer'),
      },
      runs: {},
    } as unknown as CompanionParts,
  );
  return { companion, ended, logged, deadlines };
}

test('all parts end, in the order in which nothing is lost', async () => {
  const { companion, ended } = start({});
  expect(await companion.shutdown(1_000)).toEqual([]);
  const order = [
    'pipeline',
    'observer',
    'control',
    'incidents',
    'anchors',
    'ledger',
    'checkpoints',
  ];
  expect(ended).toEqual(order);
  expect(await companion.shutdown(1_000)).toEqual([]);
  expect(ended).toEqual(order);
});

test('a disk that answers nothing holds up none of the others for ever, and is told', async () => {
  const { companion, ended, logged } = start({ control: never, ledger: never });
  expect(await companion.shutdown(1)).toEqual(['the control plane', 'the audit log']);
  expect(ended).toEqual(['pipeline', 'observer', 'incidents', 'anchors', 'checkpoints']);
  expect(logged.join()).toMatch(/for the control plane.*for the audit log/);
});

test('what fails late, when nobody waits any more, ends nothing', async () => {
  const late = Promise.withResolvers<void>();
  const { companion } = start({ incidents: () => late.promise });
  expect(await companion.shutdown(1)).toEqual(['the incidents']);
  late.reject(new Error('EIO'));
  await new Promise(setImmediate);
});

test('what has come in is answered before the recorded runs are closed', async () => {
  const came = Promise.withResolvers<void>();
  const kept = Promise.withResolvers<{ kind: 'accepted' }>();
  const accept = (): Promise<unknown> => {
    came.resolve();
    return kept.promise;
  };
  const port = { host: '127.0.0.1', port: 0 };
  const { companion, ended } = start(
    {},
    { listen: { otlp: port, console: port }, pipeline: { accept } },
  );
  const addresses = await companion.start();
  const answer = fetch(`${addresses?.otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{"resourceSpans":[]}',
  });
  await came.promise;
  const stopped = companion.shutdown(60_000);
  for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
  expect(ended).toEqual([]);
  kept.resolve({ kind: 'accepted' });
  expect((await answer).status).toBe(200);
  expect(await stopped).toEqual([]);
  expect(ended[0]).toBe('pipeline');
});

test('the recorded runs leave time for the parts that end after them', async () => {
  const { companion, deadlines } = start({});
  await companion.shutdown(100_000);
  expect(deadlines).toHaveLength(1);
  expect(deadlines[0]).toBeGreaterThan(20_000);
  expect(deadlines[0]).toBeLessThan(95_000);
});
