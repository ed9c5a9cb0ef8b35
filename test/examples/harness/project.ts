import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { installOnce } from '../../frameworks/harness/install.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLES = path.join(ROOT, 'examples/frameworks');
/** What an application installs of ours. */
const OURS = [
  ['aftertrace', 'cli'],
  ['@aftertrace/node', 'node'],
  ['@aftertrace/instrumentation', 'instrumentation'],
] as const;

/** Folders of examples. */
export async function listFolders(): Promise<readonly string[]> {
  const entries = await readdir(EXAMPLES, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/**
 * A copy of the folder below `dir`, as somebody has it who has installed it and our packages beside: its dependencies
 * are those of its lockfile, installed once outside of the checkout; ours are what `pnpm build` has made.
 */
export async function makeProject(folder: string, dir: string): Promise<string> {
  const source = path.join(EXAMPLES, folder);
  const project = path.join(dir, folder);
  await cp(source, project, {
    recursive: true,
    filter: (file) => !file.split(path.sep).includes('node_modules', ROOT.split(path.sep).length),
  });
  const modules = path.join(project, 'node_modules');
  await mkdir(modules);
  // A folder without dependencies needs no install.
  if (existsSync(path.join(source, 'pnpm-lock.yaml'))) {
    const installed = await installOnce({
      name: `example-${folder}`,
      source,
      withoutOptional: folder === 'claude-agent',
    });
    await linkAll(path.join(installed, 'node_modules'), modules);
  }
  for (const [name, directory] of OURS) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(ROOT, 'packages', directory), path.join(modules, name));
  }
  return project;
}

async function linkAll(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) {
      await mkdir(path.join(to, name), { recursive: true });
      await linkAll(path.join(from, name), path.join(to, name));
    } else {
      await symlink(path.join(from, name), path.join(to, name));
    }
  }
}
