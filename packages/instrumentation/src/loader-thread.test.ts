import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

const APP = fileURLToPath(new URL('./testing/apps/by-loader-thread.ts', import.meta.url));
const ESM = 'export function run() { return 1; }\n';
const COMMONJS = 'exports.run = run;\nfunction run() { return 1; }\n';

interface Loaded {
  readonly gives: string;
  readonly attachments: readonly { readonly status: string; readonly format: string }[];
}

/** Loads one file of a package in a process that attaches by a loader in another thread; tells what it wrote. */
async function load(
  how: 'import' | 'require',
  [name, source]: readonly [string, string],
  manifest: object,
): Promise<Loaded> {
  const directory = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const root = join(directory, 'node_modules', 'fake');
  const file = join(root, 'dist', name);
  await mkdir(join(root, 'dist'), { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify(manifest));
  await writeFile(file, source);
  const args = ['--conditions=@aftertrace/source', '--no-warnings', APP, how, file];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Loaded;
}

test.each([
  ['import', 'index.mjs', {}, 'module'],
  ['import', 'index.js', { type: 'module' }, 'module'],
  ['import', 'index.js', {}, 'commonjs'],
  ['import', 'index.cjs', { type: 'module' }, 'commonjs'],
  ['require', 'index.js', { type: 'commonjs' }, 'commonjs'],
  ['require', 'index.js', {}, 'commonjs'],
  ['require', 'index.mjs', {}, 'module'],
  ['require', 'index.js', {}, 'module'],
] as const)('%s of %s with %j is attached, once: %s', async (how, name, manifest, format) => {
  const source = format === 'module' ? ESM : COMMONJS;
  const loaded = await load(how, [name, source], { version: '1.2.3', ...manifest });
  expect(loaded).toMatchObject({
    gives: 'wrapped 1',
    attachments: [{ status: 'attached', format }],
  });
  expect(loaded.attachments).toHaveLength(1);
});

test('what is not attached is told of from the other thread too', async () => {
  const loaded = await load('import', ['index.mjs', ESM], { version: '2.0.0' });
  expect(loaded).toMatchObject({ gives: 1, attachments: [{ status: 'unattached' }] });
});
