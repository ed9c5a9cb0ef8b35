import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
/** What the packages are built and packed from. */
const NEEDED = ['LICENSE', 'package.json', 'packages', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
const NOT_NEEDED = new Set(['dist', '.tsbuildinfo']);

/**
 * Builds and packs every published package below `dir`, in a copy, so that neither the checkout nor whoever builds in it
 * notices. Returns the directory of the tarballs.
 */
export async function packPackages(dir: string): Promise<string> {
  const copy = path.join(dir, 'sources');
  const tarballs = path.join(dir, 'tarballs');
  await mkdir(tarballs, { recursive: true });
  const configs = (await readdir(root)).filter((name) => /^tsconfig.*\.json$/.test(name));
  for (const name of [...NEEDED, ...configs]) {
    await cp(path.join(root, name), path.join(copy, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !NOT_NEEDED.has(path.basename(source)),
    });
  }
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  await run(path.join(root, 'node_modules/.bin/tsc'), ['-b', 'tsconfig.build.json'], { cwd: copy });
  const pack = ['-y', 'pnpm@12.21.0', '-r', 'pack', '--pack-destination', tarballs];
  await run('npx', pack, { cwd: copy, maxBuffer: 64 * 1024 * 1024 });
  for (const file of await readdir(tarballs)) {
    if (file.startsWith('aftertrace-workspace-')) await rm(path.join(tarballs, file));
  }
  await rm(copy, { recursive: true, force: true });
  return tarballs;
}
