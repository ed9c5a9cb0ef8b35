import { readFileSync } from 'node:fs';

import { companionFilePath, Env } from '@aftertrace/schema/names';

import { present, type Environment } from '../environment.ts';
import { homeDirectory } from '../home-directory.ts';
import { companionTls, type CompanionTls } from './companion-tls.ts';

/** Where a companion is. */
export interface CompanionAddress {
  /** Console and control plane, without a `/` at its end. */
  readonly console: string;
  /** Bearer token; absent: none is sent. */
  readonly token: string | undefined;
  /** OTLP/HTTP address, without a `/` at its end, where it is known. */
  readonly otlp: string | undefined;
  /** For addresses that begin with `https:`. */
  readonly tls: CompanionTls;
  /** What of the files for TLS cannot be used, for a person. */
  readonly problems: readonly string[];
}

/**
 * Finds the companion of this process: `AFTERTRACE_COMPANION` and `AFTERTRACE_TOKEN`, else the file that a running
 * `aftertrace serve` leaves for its own user, else none. Looks once and never throws; what cannot be read is as absent.
 */
export function findCompanion(
  env: Environment,
  home: string = homeDirectory(),
): CompanionAddress | undefined {
  const otlp = httpAddress(env[Env.OTLP]);
  const console = httpAddress(env[Env.COMPANION]);
  if (console !== undefined) {
    return { console, token: present(env[Env.TOKEN]), otlp, ...companionTls(env, undefined) };
  }
  const file = readCompanionFile(companionFilePath(env, home), env);
  return file === undefined ? undefined : { ...file, otlp: otlp ?? file.otlp };
}

function readCompanionFile(path: string, env: Environment): CompanionAddress | undefined {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>> | null;
    const console = httpAddress(file?.['console']);
    const token = file?.['token'];
    if (file?.['v'] !== 1 || console === undefined || typeof token !== 'string') return undefined;
    const caFile = typeof file['caFile'] === 'string' ? file['caFile'] : undefined;
    return { console, token, otlp: httpAddress(file['otlp']), ...companionTls(env, caFile) };
  } catch {
    // No companion was started here, or its file is being written: as if there were none.
    return undefined;
  }
}

function httpAddress(value: unknown): string | undefined {
  const text = typeof value === 'string' ? present(value) : undefined;
  if (text === undefined || !URL.canParse(text)) return undefined;
  const { protocol } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? text.replace(/\/+$/, '') : undefined;
}
