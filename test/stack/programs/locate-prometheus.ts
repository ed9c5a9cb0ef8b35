import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { cacheDir } from './cache-dir.ts';
import type { LocateOptions, Program } from './program.ts';
import { runCommand } from './run-command.ts';

/** What the package brings. */
export type PrometheusProgram = 'prometheus' | 'promtool';

const APT = 'apt-get';
const PACKAGE = 'prometheus';
const VARIABLES: { readonly [Name in PrometheusProgram]: string } = {
  prometheus: 'AFTERTRACE_TEST_PROMETHEUS',
  promtool: 'AFTERTRACE_TEST_PROMTOOL',
};

/** The program of the environment variable, of PATH, or of Debian's package, unpacked into the cache without root. */
export async function locatePrometheus(
  name: PrometheusProgram,
  options: LocateOptions,
): Promise<Program | undefined> {
  const { note, env = process.env } = options;
  const dir = join(cacheDir(env), 'prometheus-debian');
  const unpacked = join(dir, 'root', 'usr', 'bin', name);
  const named = env[VARIABLES[name]];
  const candidates = named === undefined ? [name, unpacked] : [named];
  const found = candidates.map(asProgram).find((one) => one !== undefined);
  if (found !== undefined) return found;
  if (named !== undefined) {
    note(`${VARIABLES[name]} names ${named}, which cannot be used`);
    return undefined;
  }
  return (await unpackPackage(dir, options)) ? asProgram(unpacked) : undefined;
}

async function unpackPackage(
  dir: string,
  { note, env = process.env }: LocateOptions,
): Promise<boolean> {
  if (spawnSync(APT, ['--version'], { stdio: 'ignore' }).status !== 0) {
    note(`there is no apt-get on PATH: Debian's package ${PACKAGE} cannot be had`);
    return false;
  }
  // Lists of our own where the machine has none: updating its own would need root.
  const lists = join(dir, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${dir}`];
  const run = (...command: string[]): Promise<boolean> =>
    runCommand(command, { cwd: dir, env, note });
  const downloaded =
    (await run(APT, 'download', PACKAGE)) ||
    ((await run(APT, ...own, 'update')) && (await run(APT, ...own, 'download', PACKAGE)));
  const file = readdirSync(dir).find((name) => name.endsWith('.deb'));
  if (!downloaded || file === undefined) return false;
  return run('dpkg', '-x', file, 'root');
}

function asProgram(program: string): Program | undefined {
  const { status, stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  return { program, version: /version (\S+)/.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown' };
}
