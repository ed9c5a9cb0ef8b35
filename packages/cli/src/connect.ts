import type { ControlClient, ControlResult } from '@aftertrace/control';
import { createControlClient } from '@aftertrace/control';

import { companionFetch } from './companion-fetch.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { findCompanion } from './find-companion.ts';

/** A client of the running companion; with `data`, of the one that has that directory open. */
export async function connect(data?: string): Promise<ControlClient> {
  const { console: url, token, caFile } = await findCompanion({ data });
  return createControlClient({ url, token, fetch: await companionFetch(caFile) });
}

/**
 * The value of an answer.
 *
 * @throws CommandError with the companion's own words, each problem on a line of its own.
 */
export function valueOf<T>(result: ControlResult<T>): T {
  if (result.ok) return result.value;
  const { code, message, problems } = result.error;
  const details = (problems ?? []).map(
    ({ path, message: text }) => `${path === '' ? '' : `${path}: `}${text}`,
  );
  // The first one often stands in the message.
  const further = details.filter((detail) => !message.includes(detail));
  throw new CommandError([message, ...further.map((detail) => `  ${detail}`)].join('\n'), {
    exitCode: code === 'unreachable' ? ExitCode.UNREACHABLE : ExitCode.FAILED,
  });
}

/**
 * The value of an answer about something that was ordered before. Without one the order stands all the same.
 *
 * @param ordered what stands, and how to ask for it again
 * @throws CommandError (NOT_EFFECTIVE) that says so, with the reason
 */
export function valueOfOrdered<T>(result: ControlResult<T>, ordered: string): T {
  if (result.ok) return result.value;
  throw new CommandError(`${ordered}. How far it has come is not known: ${result.error.message}`, {
    exitCode: ExitCode.NOT_EFFECTIVE,
  });
}
