/**
 * Packs every published package as it would be published, then looks at the tarballs the way a user meets them:
 * publint and attw (types and exports), no stray files, and an installation of all of them together in an empty
 * project whose `aftertrace --version` must run.
 *
 * Run after `pnpm build`. Prints one line a check; exits 1 if any failed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = (name: string): string => path.join(root, 'node_modules', '.bin', name);

let failures = 0;

async function check(name: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
    console.log(`ok    ${name}`);
  } catch (error) {
    failures += 1;
    const output = error as { stdout?: string; stderr?: string; message?: string };
    console.log(`FAIL  ${name}`);
    console.log([output.stdout, output.stderr, output.message].filter(Boolean).join('\n'));
  }
}

/** Files that a tarball may hold, relative to its root. */
const ALLOWED =
  /^(?:package\.json|README\.md|LICENSE|dist\/(?!.*(?:\.test\.|\/testing\/)).+\.(?:js|d\.ts))$/;

async function checkTarball(name: string, tarball: string): Promise<void> {
  await check(`${name}: holds only what it should`, async () => {
    const { stdout } = await run('tar', ['tzf', tarball]);
    const files = stdout
      .trim()
      .split('\n')
      .map((file) => file.replace(/^package\//, ''));
    const stray = files.filter((file) => !ALLOWED.test(file));
    if (stray.length > 0) throw new Error(`stray files: ${stray.join(', ')}`);
    for (const needed of ['package.json', 'README.md', 'LICENSE']) {
      if (!files.includes(needed)) throw new Error(`missing: ${needed}`);
    }
  });
  await check(`${name}: no source condition and no workspace range is published`, async () => {
    const { stdout } = await run('tar', ['xzOf', tarball, 'package/package.json']);
    if (stdout.includes('@aftertrace/source')) throw new Error('exports still name the sources');
    if (stdout.includes('workspace:') || stdout.includes('catalog:')) {
      throw new Error('a workspace: or catalog: range was not replaced');
    }
  });
  await check(`${name}: publint`, async () => {
    await run(bin('publint'), ['run', tarball, '--strict']);
  });
  if (name !== 'aftertrace') {
    await check(`${name}: attw`, async () => {
      await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji']);
    });
  }
}

async function checkInstallation(tarballs: readonly string[], folder: string): Promise<void> {
  const project = path.join(folder, 'project');
  await check('all together: install in an empty project and run', async () => {
    await run('mkdir', ['-p', project]);
    const file = (tarball: string): string => `file:${tarball}`;
    const dependencies: Record<string, string> = {};
    for (const tarball of tarballs) {
      const { stdout } = await run('tar', ['xzOf', tarball, 'package/package.json']);
      dependencies[(JSON.parse(stdout) as { name: string }).name] = file(tarball);
    }
    const manifest = { private: true, type: 'module', dependencies, overrides: dependencies };
    await writeFile(path.join(project, 'package.json'), JSON.stringify(manifest));
    await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: project });
    const { stdout } = await run(
      process.execPath,
      ['node_modules/aftertrace/dist/main.js', '--version'],
      {
        cwd: project,
      },
    );
    if (!/^\d+\.\d+\.\d+$/.test(stdout.trim()))
      throw new Error(`--version printed ${JSON.stringify(stdout)}`);
    await run(process.execPath, ['--import', '@aftertrace/node', '--eval', '0'], { cwd: project });
  });
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-packages-'));
  try {
    const tarballs: string[] = [];
    for (const directory of (await readdir(path.join(root, 'packages'))).sort()) {
      const cwd = path.join(root, 'packages', directory);
      const manifest = JSON.parse(await readFile(path.join(cwd, 'package.json'), 'utf8')) as {
        name: string;
      };
      const tarball = path.join(folder, `${directory}.tgz`);
      await check(`${manifest.name}: pack`, async () => {
        await run('npx', ['-y', 'pnpm@12.21.0', 'pack', '--out', tarball], { cwd });
        tarballs.push(tarball);
      });
      if (tarballs.includes(tarball)) await checkTarball(manifest.name, tarball);
    }
    await checkInstallation(tarballs, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(failures === 0 ? 'all package checks hold' : `${failures} package checks failed`);
  process.exitCode = failures === 0 ? 0 : 1;
}

await main();
