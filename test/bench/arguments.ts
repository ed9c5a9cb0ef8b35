/** Arguments that a benchmark cannot take: told with the usage, without a stack. */
export class BenchUsageError extends Error {
  override readonly name = 'BenchUsageError';
}

/** Whether arguments could not be taken, by a benchmark or by Node's own reader of options. */
export function isUsageError(error: unknown): error is Error {
  return (
    error instanceof BenchUsageError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_'))
  );
}

/** The number that an option was given. Throws {@link BenchUsageError} for what is none from 1 on. */
export function countOf(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new BenchUsageError(`--${name} takes a whole number from 1 on, not ${text}`);
}
