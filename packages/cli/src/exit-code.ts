/** What the exit codes of `aftertrace` mean. */
export const ExitCode = {
  /** Done. */
  OK: 0,
  /** The work was done in part or not at all: bad input, a refused request, a check that does not hold. */
  FAILED: 1,
  /** The command was called wrongly: unknown option, missing argument. */
  USAGE: 2,
  /** No companion answered. */
  UNREACHABLE: 3,
  /** An order was given but is not (yet) in force everywhere. */
  NOT_EFFECTIVE: 4,
  /** An order was given, and no process with a guard is connected that could enforce it. */
  NOBODY: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A command that cannot go on says why, and with which exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, options: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CommandError';
    this.exitCode = options.exitCode ?? ExitCode.FAILED;
  }
}
