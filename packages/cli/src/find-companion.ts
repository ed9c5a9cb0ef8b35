import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';

import { CompanionFile } from '@aftertrace/schema';
import { companionFilePath, Env } from '@aftertrace/schema/names';

import { CommandError, ExitCode } from './exit-code.ts';

/** How to reach a running companion. */
export interface CompanionAddress {
  /** Console and control plane, for example `http://127.0.0.1:4320`. */
  readonly console: string;
  readonly token: string;
  /** PEM file that its certificate is checked against. */
  readonly caFile?: string;
}

/** Where to look for a companion. */
export interface FindCompanionOptions {
  /** The companion that has this data directory open, and no other. */
  readonly data?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The companion that a command talks to: the one that has `--data` open, else `AFTERTRACE_COMPANION` and
 * `AFTERTRACE_TOKEN`, else the file that a running `aftertrace serve` leaves for its own user.
 *
 * @throws CommandError (UNREACHABLE) where none is there, with what to do.
 */
export async function findCompanion(options: FindCompanionOptions = {}): Promise<CompanionAddress> {
  const { data, env = process.env } = options;
  if (data !== undefined) return companionOf(data);
  const address = env[Env.COMPANION];
  const token = env[Env.TOKEN];
  if (address !== undefined && address !== '') {
    if (token === undefined || token === '') {
      throw new CommandError(
        `${Env.COMPANION} is set but ${Env.TOKEN} is not; the companion says at its start which file holds its token`,
        { exitCode: ExitCode.USAGE },
      );
    }
    return { console: address.replace(/\/+$/, ''), token };
  }
  const file = companionFilePath(env, homedir());
  const found = await readCompanionFile(file);
  if (found === undefined) {
    throw new CommandError(
      `no companion found: start one with "aftertrace serve", or set ${Env.COMPANION} and ${Env.TOKEN} (looked for ${file})`,
      { exitCode: ExitCode.UNREACHABLE },
    );
  }
  const console = found.console.replace(/\/+$/, '');
  return { ...known(found), console, token: await ownToken(found) };
}

/** The file is for agents, with a token that may do no more than they; people act with the one of the data directory. */
async function ownToken({ dataDir, console, token }: CompanionFile): Promise<string> {
  const { readLock } = await import('@aftertrace/exporter');
  const owner = await readLock(dataDir);
  return owner?.console === console && owner.token !== undefined ? owner.token : token;
}

async function companionOf(data: string): Promise<CompanionAddress> {
  const { readLock } = await import('@aftertrace/exporter');
  const owner = await readLock(data);
  if (owner?.console === undefined || owner.token === undefined) {
    throw new CommandError(
      `no companion has ${data} open; start one with "aftertrace serve --data ${data}"`,
      {
        exitCode: ExitCode.UNREACHABLE,
      },
    );
  }
  return { ...known(owner), console: owner.console, token: owner.token };
}

function known({ caFile }: { readonly caFile?: string | undefined }): { readonly caFile?: string } {
  return caFile === undefined ? {} : { caFile };
}

/** The content of a companion file, or undefined where there is none or it is not one. */
export async function readCompanionFile(file: string): Promise<CompanionFile | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    // No file: no companion runs for this user. Unreadable: not ours.
    return undefined;
  }
  try {
    return CompanionFile.parse(JSON.parse(text));
  } catch {
    // Half-written or of another version: as good as absent.
    return undefined;
  }
}
