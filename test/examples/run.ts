/** `pnpm test:examples`: see README.md. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { buildPackages } from '../packages/build-packages.ts';
import type { ExampleFolder } from './example.ts';
import { playFolder, type Tried } from './harness/play.ts';
import { listFolders, makeProject } from './harness/project.ts';

/** Folders at a time. */
const PARALLEL = 2;

const { values } = parseArgs({
  options: { only: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const only = values.only?.split(',');

/** What is known of the folders, which must be those that there are. */
async function readFolders(): Promise<readonly ExampleFolder[]> {
  const names = await readdir(new URL('folders/', import.meta.url));
  const known = await Promise.all(
    names.map(async (name) => {
      const module = (await import(`./folders/${name}`)) as { readonly folder: ExampleFolder };
      return module.folder;
    }),
  );
  const untested = (await listFolders()).filter(
    (name) => !known.some(({ folder }) => folder === name),
  );
  if (only === undefined && untested.length > 0)
    throw new Error(`no test in folders/ for ${untested.join(', ')}`);
  return known.filter(({ folder }) => only === undefined || only.includes(folder));
}

function tell({ title, problems }: Tried): void {
  process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${title}\n`);
  for (const problem of problems) process.stdout.write(`  ${problem.replaceAll('\n', '\n  ')}\n`);
}

async function play(folder: ExampleFolder, dir: string): Promise<readonly Tried[]> {
  try {
    return await playFolder(folder, await makeProject(folder.folder, dir));
  } catch (error) {
    return [{ title: folder.folder, problems: [String(error)] }];
  }
}

const built = await buildPackages();
const tried: Tried[] = built.length === 0 ? [] : [{ title: 'build', problems: built }];
for (const one of tried) tell(one);
const dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-examples-'));
try {
  const queue = built.length === 0 ? [...(await readFolders())] : [];
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
        const results = await play(folder, dir);
        for (const one of results) tell(one);
        tried.push(...results);
      }
    }),
  );
} finally {
  if (values.keep) process.stdout.write(`kept in ${dir}\n`);
  else await rm(dir, { recursive: true, force: true });
}
const failed = tried.filter(({ problems }) => problems.length > 0).length;
process.stdout.write(`${tried.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && tried.length > 0 ? 0 : 1;
