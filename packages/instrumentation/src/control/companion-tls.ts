import { readFileSync } from 'node:fs';

import { Env } from '@aftertrace/schema/names';

import { present, type Environment } from '../environment.ts';

/** What this process checks the companion against, and shows to it, where TLS is spoken; PEM texts. */
export interface CompanionTls {
  /** Authorities of the companion's certificate, in the place of the well-known ones; of an empty list none is right. */
  readonly ca?: string[];
  /** Shown to a companion that asks for one (mutual TLS). */
  readonly cert?: string;
  /** The key of `cert`. */
  readonly key?: string;
}

/** What the files held, and what is wrong with them, for a person. */
export interface FoundTls {
  readonly tls: CompanionTls;
  readonly problems: readonly string[];
}

/**
 * Read once, as the companion is looked for. Where the authority cannot be read nobody is talked to, since nobody can be
 * checked; a certificate that cannot be used is not shown. Never throws: a wrong file must not end the agent.
 *
 * @param caFile What the companion left for its own user; `AFTERTRACE_CA_FILE` wins over it.
 */
export function companionTls(env: Environment, caFile: string | undefined): FoundTls {
  const problems: string[] = [];
  const read = (path: string | undefined, name: string): string | undefined => {
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      problems.push(`${name} cannot be read: ${String(error)}`);
      return undefined;
    }
  };
  const authority = present(env[Env.CA_FILE]) ?? caFile;
  const ca = read(authority, Env.CA_FILE);
  const cert = read(present(env[Env.CLIENT_CERT_FILE]), Env.CLIENT_CERT_FILE);
  const key = read(present(env[Env.CLIENT_KEY_FILE]), Env.CLIENT_KEY_FILE);
  const shown = cert === undefined || key === undefined ? {} : { cert, key };
  const wrong = problemOf(shown);
  if (wrong !== undefined) {
    const files = `${Env.CLIENT_CERT_FILE} and ${Env.CLIENT_KEY_FILE}`;
    problems.push(`${files} are no certificate and its key: ${wrong}`);
  }
  return {
    tls: {
      ...(authority === undefined ? {} : { ca: ca === undefined ? [] : [ca] }),
      ...(wrong === undefined ? shown : {}),
    },
    problems,
  };
}

/** Node throws at each connection what it finds here. */
function problemOf(shown: CompanionTls): string | undefined {
  if (shown.cert === undefined) return undefined;
  try {
    process.getBuiltinModule('node:tls').createSecureContext(shown);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
