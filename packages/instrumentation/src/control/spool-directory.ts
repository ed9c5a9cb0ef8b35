import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';

import { companionFilePath, Env } from '@aftertrace/schema/names';

import { present, type Environment } from '../environment.ts';

/** What decides where evidence is kept. */
export interface SpoolPlace {
  readonly env: Environment;
  readonly home: string;
  /** Console address of the companion: evidence for one is not for another. */
  readonly companion: string;
}

/** Where evidence waits for the companion; undefined for a user without a home, and where it is not wanted. */
export function findSpoolDirectory({ env, home, companion }: SpoolPlace): string | undefined {
  const given = present(env[Env.SPOOL]);
  if (given === 'off') return undefined;
  const name = createHash('sha256').update(companion).digest('hex').slice(0, 32);
  if (given !== undefined) return join(given, name);
  const file = companionFilePath(env, home);
  // Without a home: nothing is written to the root of the system.
  if (file === companionFilePath({}, '')) return undefined;
  return join(dirname(file), 'evidence', name);
}
