import { z } from 'zod';

import { companionFetch } from './companion-fetch.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { findCompanion } from './find-companion.ts';

const ErrorBody = z.object({ error: z.object({ message: z.string() }) });

/**
 * Sends a JSON body to the running companion and gives its JSON answer.
 *
 * @throws CommandError UNREACHABLE where none answers, FAILED with the companion's own words where it refuses.
 */
export async function callCompanion(path: string, body: unknown, data?: string): Promise<unknown> {
  const { console: address, token, caFile } = await findCompanion({ data });
  const ask = await companionFetch(caFile);
  let response: Response;
  try {
    response = await ask(`${address}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
      redirect: 'error',
    });
  } catch (error) {
    throw new CommandError(`the companion at ${address} does not answer`, {
      exitCode: ExitCode.UNREACHABLE,
      cause: error,
    });
  }
  const text = await response.text();
  if (response.ok) return text === '' ? undefined : (JSON.parse(text) as unknown);
  throw new CommandError(`the companion refused (${response.status}): ${messageOf(text)}`);
}

function messageOf(text: string): string {
  try {
    return ErrorBody.parse(JSON.parse(text)).error.message;
  } catch {
    // Not a JSON problem report: show what came.
    return text.slice(0, 300);
  }
}
