import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openDataDir, type DataDir, type DataDirOptions } from './data-dir.ts';
import { LAYOUT_VERSION, MIGRATIONS, planMigration, type Migration } from './migrations.ts';

let dir: string;
const open: DataDir[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aftertrace-migrate-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((dataDir) => dataDir.close()));
  await rm(dir, { recursive: true });
});

async function opened(options: DataDirOptions): Promise<DataDir> {
  const result = await openDataDir(dir, options);
  if (result.kind !== 'opened') throw new Error('in use');
  open.push(result.dataDir);
  return result.dataDir;
}

const version = async (): Promise<string> => readFile(join(dir, 'VERSION'), 'utf8');

/** Renames a file, then adds one: cut off in between, it comes to the same end the next time. */
const STEPS: readonly Migration[] = [
  {
    from: 1,
    what: 'old.txt is called new.txt',
    run: async (path) => {
      await rename(join(path, 'old.txt'), join(path, 'new.txt')).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error;
        },
      );
    },
  },
  { from: 2, what: 'there is third.txt', run: (path) => writeFile(join(path, 'third.txt'), '3') },
];

test('an older directory is brought to the layout step by step, and what was done is told', async () => {
  await writeFile(join(dir, 'VERSION'), '1\n');
  await writeFile(join(dir, 'old.txt'), 'x');
  const dataDir = await opened({ layout: { version: 3, migrations: STEPS } });
  expect(dataDir.migrated).toEqual(STEPS.map(({ what }) => what));
  expect(await version()).toBe('3\n');
  expect((await readdir(dir)).toSorted()).toEqual(['VERSION', 'lock', 'new.txt', 'third.txt']);
  await dataDir.close();
  expect((await opened({ layout: { version: 3, migrations: STEPS } })).migrated).toEqual([]);
});

test('a step that fails leaves the version before it and no lock, and runs again the next time', async () => {
  await writeFile(join(dir, 'VERSION'), '1\n');
  await writeFile(join(dir, 'old.txt'), 'x');
  const broken = [
    STEPS[0] as Migration,
    { from: 2, what: 'fails', run: () => Promise.reject(new Error('ENOSPC')) },
  ];
  await expect(opened({ layout: { version: 3, migrations: broken } })).rejects.toMatchObject({
    code: 'data_dir_unusable',
    message: expect.stringContaining('ENOSPC') as unknown,
  });
  expect(await version()).toBe('2\n');
  expect(await readdir(dir)).not.toContain('lock');
  await opened({ layout: { version: 3, migrations: STEPS } });
  expect(await version()).toBe('3\n');
});

test.each(['4', '0', '-1', '1.5', 'one', ''])(
  'a directory of version %j is left alone: no steps lead from it',
  async (text) => {
    await writeFile(join(dir, 'VERSION'), text);
    const layout = { version: 3, migrations: STEPS };
    await expect(opened({ layout })).rejects.toMatchObject({ code: 'data_dir_version' });
    expect(await readdir(dir)).toEqual(['VERSION']);
    expect(await version()).toBe(text);
  },
);

test('a directory of a later release is refused in words that say what to do', async () => {
  await writeFile(join(dir, 'VERSION'), `${LAYOUT_VERSION + 1}\n`);
  await expect(openDataDir(dir)).rejects.toThrow(
    /was written by a later aftertrace \(layout version 2, this one knows 1\): use that one, or a backup from before; nothing was changed/,
  );
});

test('a step that was cut off runs again, and comes to the same end', async () => {
  await writeFile(join(dir, 'VERSION'), '1\n');
  // The first step did its work; the process died before the version was written.
  await writeFile(join(dir, 'new.txt'), 'x');
  await opened({ layout: { version: 3, migrations: STEPS } });
  expect(await version()).toBe('3\n');
  expect(await readFile(join(dir, 'new.txt'), 'utf8')).toBe('x');
});

test('this release has a way from every version before its own', () => {
  for (let from = 1; from <= LAYOUT_VERSION; from += 1)
    expect(planMigration(from, LAYOUT_VERSION, MIGRATIONS)).toHaveLength(LAYOUT_VERSION - from);
});
