import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what was built or unpacked for tests is kept. */
const CACHE_VARIABLE = 'AFTERTRACE_TEST_CACHE';

/** A directory outside the checkout, one for all checkouts of a user. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return (
    env[CACHE_VARIABLE] ??
    join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'aftertrace-test')
  );
}
