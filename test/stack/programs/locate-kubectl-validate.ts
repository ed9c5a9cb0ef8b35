import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { cacheDir } from './cache-dir.ts';
import type { LocateOptions, Program } from './program.ts';
import { runCommand } from './run-command.ts';

const GO = 'go';
/** Of Kubernetes' own developers: the API server's validation with the schemas of its releases, without a cluster. */
const MODULE = 'sigs.k8s.io/kubectl-validate';
const VERSION = '0.0.4';
const PROGRAM_VARIABLE = 'AFTERTRACE_TEST_KUBECTL_VALIDATE';

/** The program of the environment variable, of PATH, or the one that was built; where there is Go, it is built. */
export async function locateKubectlValidate(options: LocateOptions): Promise<Program | undefined> {
  const { note, env = process.env } = options;
  const dir = join(cacheDir(env), `kubectl-validate-${VERSION}`);
  const named = env[PROGRAM_VARIABLE];
  const built = join(dir, 'kubectl-validate');
  const candidates = named === undefined ? ['kubectl-validate', built] : [named];
  const program = candidates.find(runs);
  if (program !== undefined) return { program, version: VERSION };
  if (named !== undefined) {
    note(`${PROGRAM_VARIABLE} names ${named}, which cannot be used`);
    return undefined;
  }
  if (spawnSync(GO, ['version'], { stdio: 'ignore' }).status !== 0) {
    note('there is no go on PATH: kubectl-validate cannot be built');
    return undefined;
  }
  mkdirSync(dir, { recursive: true });
  note(`building kubectl-validate ${VERSION} in ${dir}; the first time this takes minutes`);
  const command = [GO, 'install', `${MODULE}@v${VERSION}`];
  const done = await runCommand(command, { cwd: dir, env: { ...env, GOBIN: dir }, note });
  return done && runs(built) ? { program: built, version: VERSION } : undefined;
}

function runs(program: string): boolean {
  return spawnSync(program, ['--help'], { stdio: 'ignore' }).status === 0;
}
