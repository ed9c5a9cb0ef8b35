import { expect, test } from 'vitest';

import type { CompanionOptions } from './companion.ts';
import { connectedCompanion, type CompanionParts } from './connected-companion.ts';

const never = (): Promise<void> => new Promise<void>(() => undefined);

/** A companion of which only the end matters; `parts` are those that end otherwise than at once. */
function start(parts: Readonly<Record<string, () => Promise<void>>>) {
  const ended: string[] = [];
  const logged: string[] = [];
  const ending = (name: string) => async (): Promise<void> => {
    await parts[name]?.();
    ended.push(name);
  };
  const options = {
    dataDir: { path: 'nowhere' },
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
      incidents: { shutdown: ending('incidents') },
      control: { shutdown: ending('control') },
      pipeline: { shutdown: ending('pipeline') },
      observer: { shutdown: ending('observer') },
      runs: {},
    } as unknown as CompanionParts,
  );
  return { companion, ended, logged };
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
