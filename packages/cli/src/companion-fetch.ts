import { readFile } from 'node:fs/promises';

import { createHttpsFetch } from '@aftertrace/control';
import { Env } from '@aftertrace/schema/names';

import { CommandError, ExitCode } from './exit-code.ts';

/**
 * How a companion is asked: by Node's own `fetch`, or, where an authority or a certificate is given, over TLS with these.
 *
 * @param caFile What the companion left for its own user; `AFTERTRACE_CA_FILE` wins over it.
 * @throws CommandError (USAGE) where a file cannot be read.
 */
export async function companionFetch(
  caFile: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<typeof fetch> {
  const ca = await pem(env[Env.CA_FILE] ?? caFile, Env.CA_FILE);
  const cert = await pem(env[Env.CLIENT_CERT_FILE], Env.CLIENT_CERT_FILE);
  const key = await pem(env[Env.CLIENT_KEY_FILE], Env.CLIENT_KEY_FILE);
  if ((cert === undefined) !== (key === undefined)) {
    throw new CommandError(
      `${Env.CLIENT_CERT_FILE} and ${Env.CLIENT_KEY_FILE} go together; one of them is missing`,
      { exitCode: ExitCode.USAGE },
    );
  }
  if (ca === undefined && cert === undefined) return fetch;
  const overTls = createHttpsFetch({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
  return async (input, init) =>
    (addressOf(input).startsWith('https:') ? overTls : fetch)(input, init);
}

function addressOf(input: Parameters<typeof fetch>[0]): string {
  if (input instanceof Request) return input.url;
  return input instanceof URL ? input.href : input;
}

async function pem(file: string | undefined, name: string): Promise<string | undefined> {
  if (file === undefined || file === '') return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CommandError(`cannot read ${file} (${name}): ${reason}`, {
      exitCode: ExitCode.USAGE,
      cause,
    });
  }
}
