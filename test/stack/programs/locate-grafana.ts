import { spawnSync } from 'node:child_process';

import type { LocateOptions, Program } from './program.ts';

const PROGRAM_VARIABLE = 'AFTERTRACE_TEST_GRAFANA';

/**
 * The Grafana of the environment variable, or of PATH. None is built: the Go module proxy has its server without its
 * pages, and that takes longer than everything else that is built here.
 */
export function locateGrafana({
  note,
  env = process.env,
}: LocateOptions): Promise<Program | undefined> {
  const named = env[PROGRAM_VARIABLE];
  const program = named ?? 'grafana';
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', env });
  if (status === 0)
    return Promise.resolve({ program, version: /\d\S*/.exec(stdout)?.[0] ?? 'unknown' });
  if (named !== undefined) note(`${PROGRAM_VARIABLE} names ${named}, which cannot be used`);
  return Promise.resolve(undefined);
}
