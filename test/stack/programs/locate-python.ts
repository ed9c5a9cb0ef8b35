import { spawnSync } from 'node:child_process';

import type { LocateOptions, Program } from './program.ts';

const PROGRAM_VARIABLE = 'AFTERTRACE_TEST_PYTHON';
const NAMES = ['python3', 'python3.11', 'python3.12', 'python3.13', 'python3.14'] as const;
/** Debian's Python comes without what makes virtual environments, and version managers put a script before it. */
const QUESTION = `
import ensurepip, sys, venv
assert sys.version_info >= (3, 10)
print(sys.executable, sys.version.split()[0])
`;

/** A Python from 3.10 on that can make virtual environments. */
export function locatePython({
  note,
  env = process.env,
}: LocateOptions): Promise<Program | undefined> {
  const named = env[PROGRAM_VARIABLE];
  for (const name of named === undefined ? NAMES : [named]) {
    const { status, stdout } = spawnSync(name, ['-c', QUESTION], { encoding: 'utf8', env });
    const [program, version] = stdout?.trim().split(' ') ?? [];
    if (status === 0 && program !== undefined && version !== undefined) {
      return Promise.resolve({ program, version });
    }
  }
  note('there is no Python from 3.10 on that has venv');
  return Promise.resolve(undefined);
}
