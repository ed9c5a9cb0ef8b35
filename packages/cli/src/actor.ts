import { CommandError, ExitCode } from './exit-code.ts';

/** The variable that names the person who acts, so that it need not be typed each time. */
export const ACTOR_ENV = 'AFTERTRACE_ACTOR';

/**
 * Who acts: `--actor`, else `AFTERTRACE_ACTOR`. Never guessed: an audit record with a made-up name is worse than none.
 *
 * @throws CommandError (USAGE) where neither is given.
 */
export function requireActor(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): { id: string } {
  const id = (option ?? env[ACTOR_ENV] ?? '').trim();
  if (id === '') {
    throw new CommandError(
      `who does this? give --actor you@example.com, or set ${ACTOR_ENV}; it goes into the audit log`,
      { exitCode: ExitCode.USAGE },
    );
  }
  return { id };
}
