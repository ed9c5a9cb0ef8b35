import { readFileSync } from 'node:fs';

import { Env } from '@aftertrace/schema/names';

import { present, type Environment } from '../environment.ts';

/** What this process checks the companion against, and shows to it, where TLS is spoken; PEM texts. */
export interface CompanionTls {
  /** Authority of the companion's certificate, in the place of the well-known ones. */
  readonly ca?: string;
  /** Shown to a companion that asks for one (mutual TLS). */
  readonly cert?: string;
  /** The key of `cert`. */
  readonly key?: string;
}

/**
 * Read once, as the companion is looked for. A file that cannot be read is as absent: nobody is talked to who cannot be
 * checked then, and the failed connection says so.
 *
 * @param caFile What the companion left for its own user; `AFTERTRACE_CA_FILE` wins over it.
 */
export function companionTls(env: Environment, caFile: string | undefined): CompanionTls {
  const ca = read(present(env[Env.CA_FILE]) ?? caFile);
  const cert = read(present(env[Env.CLIENT_CERT_FILE]));
  const key = read(present(env[Env.CLIENT_KEY_FILE]));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function read(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // As absent, see above.
    return undefined;
  }
}
