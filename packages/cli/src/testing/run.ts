import { runCli } from '../run-cli.ts';
import type { Output } from '../terminal/output.ts';

/** What a command came to. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Does something that writes to an output, and keeps what it wrote. */
export async function printed(work: (output: Output) => Promise<number>): Promise<Printed> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await work({ out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** Runs a command line in this process. */
export async function run(...args: readonly string[]): Promise<Printed> {
  return printed((output) => runCli(args, output));
}
