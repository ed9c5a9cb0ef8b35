import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { unsupportedNode } from './node-version.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test.each(['22.15.0', '22.22.3', '24.11.1', '25.0.0-nightly'])('%s is new enough', (version) => {
  expect(unsupportedNode(version)).toBeUndefined();
});

test.each(['20.20.2', '18.0.0', '22.14.0'])('%s is too old', (version) => {
  expect(unsupportedNode(version)).toMatch(`Node ${version} is too old`);
});

/** A Node of this machine that is too old, if there is one. */
function oldNode(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  return folders
    .map((folder) => join(folder, 'node'))
    .find((file) => {
      const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
      return status === 0 && unsupportedNode(stdout.trim().replace('v', '')) !== undefined;
    });
}

const old = oldNode();
if (old === undefined) {
  // oxlint-disable-next-line no-console -- a check that did not happen must be seen
  console.warn('SKIPPED: no Node below 22.15 is on the PATH; the preload is not tried on one.');
}

/** What is published, without types. */
async function build(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const info = join(directory, 'tsbuildinfo');
  const args = ['-p', join(ROOT, 'packages', 'node'), '--noCheck', '--outDir', directory];
  execFileSync(process.execPath, [tsc, ...args, '--tsBuildInfoFile', info]);
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  return directory;
}

test.skipIf(old === undefined)(
  'on a Node that is too old the application runs as without us, after one line',
  async () => {
    const directory = await build();
    const app = join(directory, 'app.js');
    await writeFile(app, `process.stdout.write('ran'); process.exitCode = 3;`);
    const run = (...args: string[]): SpawnSyncReturns<string> =>
      spawnSync(old ?? '', [...args, app], { encoding: 'utf8' });
    const ours = run('--import', join(directory, 'index.js'));
    expect(ours).toMatchObject({ status: 3, stdout: 'ran' });
    expect(ours.stderr).toMatch(/^aftertrace: Node [\d.]+ is too old[^\n]*\n$/);
  },
);
