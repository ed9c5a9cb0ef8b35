import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { containment } from '../testing/guard-fixture.ts';
import { createKeptState } from './kept-state.ts';

test('a state is kept for its companion and its user only, and what is no state is none', async () => {
  const home = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const options = { env: {}, home, instance: 'i' };
  const kept = createKeptState({ ...options, companion: 'http://127.0.0.1:1' });
  expect(await kept.recall()).toBeUndefined();
  const state = { revision: 3, policy: { name: 'p' }, containments: [containment()] };
  await kept.keep({ ...state, revision: 2 });
  await kept.keep(state);
  expect(await kept.recall()).toEqual(state);
  const other = createKeptState({ ...options, companion: 'http://127.0.0.1:2' });
  expect(await other.recall()).toBeUndefined();
  const folder = join(home, '.local', 'state', 'aftertrace');
  const files = await readdir(folder);
  expect(files).toEqual([expect.stringMatching(/^state-[0-9a-f]{32}\.json$/)]);
  const file = join(folder, files[0] ?? '');
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
  await writeFile(file, '{"revision":3');
  expect(await kept.recall()).toBeUndefined();
});

test('of states that come while one is being written the last is kept, whole', async () => {
  const home = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(home, { recursive: true }));
  for (let index = 0; index < 20; index += 1) {
    const companion = `http://127.0.0.1:${index}`;
    const kept = createKeptState({ env: {}, home, instance: 'i', companion });
    const stateOf = (revision: number, chars: number) => ({
      revision,
      policy: { name: 'p'.repeat(chars) },
      containments: [],
    });
    await Promise.all([
      kept.keep(stateOf(1, 400_000)),
      kept.keep(stateOf(2, 1)),
      kept.keep(stateOf(3, 100_000)),
    ]);
    expect((await kept.recall())?.revision).toBe(3);
  }
});

test('a state that comes over several links of a process is written once, and again where one gives it again', async () => {
  const home = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const link = (instance: string) =>
    createKeptState({ env: {}, home, instance, companion: 'http://127.0.0.1:1' });
  const [one, other] = [link('one'), link('other')];
  const folder = join(home, '.local', 'state', 'aftertrace');
  const fileNow = async (): Promise<number> => {
    const [name] = await readdir(folder);
    return (await stat(join(folder, name ?? ''))).mtimeMs;
  };
  const state = { revision: 1, policy: { name: 'p' }, containments: [] };
  await one.keep(state);
  const [name] = await readdir(folder);
  await utimes(join(folder, name ?? ''), 1000, 1000);
  await other.keep(state);
  expect(await fileNow()).toBe(1_000_000);
  await other.keep(state);
  expect(await fileNow()).not.toBe(1_000_000);
  await utimes(join(folder, name ?? ''), 1000, 1000);
  await other.keep({ ...state, revision: 2 });
  expect(await fileNow()).not.toBe(1_000_000);
  expect((await one.recall())?.revision).toBe(2);
});
