import { CommanderError } from 'commander';

import { CommandError, ExitCode } from './exit-code.ts';
import { createProgram } from './program.ts';
import type { Output } from './terminal/output.ts';
import { processOutput } from './terminal/output.ts';
import { sanitize } from './terminal/sanitize.ts';

/**
 * Runs one command line and says with which exit code it ended (see {@link ExitCode}; `dev` gives that of the application). Never throws: what went wrong is
 * printed in one line, with a stack only where `DEBUG=aftertrace` asks for it.
 */
export async function runCli(
  args: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  let code: number = ExitCode.OK;
  const program = createProgram(output, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
    output.err(`aftertrace: ${describe(error)}`);
    return error instanceof CommandError ? error.exitCode : ExitCode.FAILED;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return sanitize(String(error), 1000);
  if (process.env['DEBUG'] === 'aftertrace') return error.stack ?? error.message;
  return error.message
    .split('\n')
    .map((line) => sanitize(line, 1000))
    .join('\n');
}
