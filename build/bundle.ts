/**
 * Bundles what an agent loads: each of these packages becomes a few files instead of dozens, since a start pays for each
 * file that is found, read and linked. Types stay as the compiler wrote them, and dependencies stay dependencies.
 *
 * `node build/bundle.ts`, as part of `pnpm build`.
 */
import { globSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { rolldown, type CodeSplittingGroup } from 'rolldown';

const PACKAGES = fileURLToPath(new URL('../packages/', import.meta.url));

/** What is loaded by its path, besides what each package exports. */
const LOADED_BY_PATH: Readonly<Record<string, readonly string[]>> = {
  instrumentation: ['loader-thread.ts', 'runtime.ts', 'frameworks/*/adapter.ts'],
};

/** What a start loads. All that it imports is one file, and what the others share besides is another. */
const START: Readonly<Record<string, string>> = { instrumentation: 'register.ts' };

const OPTIONS = {
  platform: 'node',
  // Whatever is no file of the package.
  external: (id: string) => !id.startsWith('.') && !path.isAbsolute(id),
} as const;

for (const name of ['schema', 'detection', 'policy', 'instrumentation', 'node']) {
  await bundle(name);
}

async function bundle(name: string): Promise<void> {
  const source = path.join(PACKAGES, name, 'src');
  const dist = path.join(PACKAGES, name, 'dist');
  const start = START[name];
  const groups = start === undefined ? [] : await groupsOf(path.join(source, start));
  const built = await rolldown({
    ...OPTIONS,
    input: Object.fromEntries(
      (await entriesOf(name)).map((file) => [file.replace(/\.ts$/, ''), path.join(source, file)]),
    ),
  });
  for (const file of globSync('**/*.js', { cwd: dist })) await rm(path.join(dist, file));
  await built.write({
    dir: dist,
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [...groups] },
  });
  await built.close();
}

/** The entry itself is in none of them: whoever imports a group must not run it. */
async function groupsOf(entry: string): Promise<readonly CodeSplittingGroup[]> {
  const built = await rolldown({ ...OPTIONS, input: entry });
  const { output } = await built.generate();
  await built.close();
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  const atStart = new Set(modules.filter((module) => module !== entry));
  return [
    { name: 'start', test: (id) => atStart.has(id), priority: 1 },
    { name: 'core', test: (id) => id !== entry, minShareCount: 2 },
  ];
}

/** Files under `src` that keep a file of their own. */
async function entriesOf(name: string): Promise<readonly string[]> {
  const text = await readFile(path.join(PACKAGES, name, 'package.json'), 'utf8');
  const { exports } = JSON.parse(text) as {
    readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  const exported = Object.values(exports).flatMap((entry) => entry['@aftertrace/source'] ?? []);
  const byPath = globSync([...(LOADED_BY_PATH[name] ?? [])], {
    cwd: path.join(PACKAGES, name, 'src'),
  });
  return [...exported.map((file) => file.replace('./src/', '')), ...byPath];
}
