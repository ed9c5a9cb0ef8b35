import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { watchPolicyFile } from './policy-file.ts';

interface Watched {
  readonly file: string;
  readonly found: readonly string[];
  /** Resolves when the watch has looked once and waits before it looks again. */
  readonly looked: () => Promise<void>;
  /** Lets it look again. */
  readonly goOn: () => void;
  readonly until: (found: number) => Promise<void>;
}

/** A watch whose moments pass when the test says so. */
async function watch(text: string | undefined): Promise<Watched> {
  const directory = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  const file = join(directory, 'policy.yaml');
  if (text !== undefined) await writeFile(file, text);
  const found: string[] = [];
  const checks = new Set<() => void>();
  let looked = Promise.withResolvers<void>();
  let moment = Promise.withResolvers<void>();
  const note = (what: string): void => {
    found.push(what);
    for (const check of checks) check();
  };
  const { close } = watchPolicyFile({
    path: file,
    intervalMillis: 10,
    pause: () => {
      looked.resolve();
      return moment.promise;
    },
    onFiles: async (read) => {
      await Promise.resolve();
      note(read.map(({ text }) => text).join('|'));
    },
    onError: (error) => note(String((error as NodeJS.ErrnoException).code)),
  });
  onTestFinished(async () => {
    close();
    moment.resolve();
    await rm(directory, { recursive: true });
  });
  return {
    file,
    found,
    looked: () => looked.promise,
    goOn: () => {
      const passed = moment;
      looked = Promise.withResolvers<void>();
      moment = Promise.withResolvers<void>();
      passed.resolve();
    },
    until: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (found.length >= count) resolve();
        };
        checks.add(check);
        check();
      }),
  };
}

test('a file that is being written in place is read when it is whole', async () => {
  const { file, found, looked, goOn, until } = await watch('');
  await looked();
  await writeFile(file, 'rules: [');
  goOn();
  await looked();
  await writeFile(file, 'rules: []');
  goOn();
  await looked();
  expect(found).toEqual([]);
  goOn();
  await until(1);
  expect(found).toEqual(['rules: []']);
});

test('a file that is away for a moment while it is replaced is no error', async () => {
  const { file, found, looked, goOn, until } = await watch(undefined);
  await looked();
  await writeFile(`${file}.new`, 'rules: []');
  await rename(`${file}.new`, file);
  goOn();
  await looked();
  goOn();
  await until(1);
  expect(found).toEqual(['rules: []']);
});

test('a file that stays away is one, and is read when it comes', async () => {
  const { file, found, looked, goOn, until } = await watch(undefined);
  await looked();
  goOn();
  await until(1);
  expect(found).toEqual(['ENOENT']);
  await writeFile(file, 'rules: []');
  await looked();
  goOn();
  await until(2);
  expect(found).toEqual(['ENOENT', 'rules: []']);
});

test('a directory is all its YAML and JSON files, and changes with each of them', async () => {
  const { file, found, looked, goOn, until } = await watch(undefined);
  // Now it waits, and sees nothing half made.
  await looked();
  await mkdir(file);
  await Promise.all(
    ['b.yaml', 'a.json', '.draft.yaml', 'notes.md'].map((name) =>
      writeFile(join(file, name), name),
    ),
  );
  goOn();
  await looked();
  goOn();
  await until(1);
  await writeFile(join(file, '.c'), 'c');
  await rename(join(file, '.c'), join(file, 'c.yml'));
  await looked();
  goOn();
  await until(2);
  await rm(join(file, 'b.yaml'));
  await looked();
  goOn();
  await until(3);
  expect(found).toEqual(['a.json|b.yaml', 'a.json|b.yaml|c', 'a.json|c']);
});
