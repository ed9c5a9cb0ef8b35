/**
 * Runs a benchmark and prints what it measured: `pnpm bench NAME [--json FILE] [arguments of the benchmark]`.
 * A bar that does not hold is told, and is no failure of the command: figures depend on the machine.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

import { judgedRow, renderRows, type Benchmark } from './row.ts';

const BENCHMARKS: ReadonlyMap<string, () => Promise<Benchmark>> = new Map([
  ['detection', async () => (await import('./detection.ts')).detection],
  ['pipeline', async () => (await import('./pipeline.ts')).pipeline],
  ['control', async () => (await import('./control.ts')).control],
  ['policy', async () => (await import('./policy.ts')).policy],
  ['companion', async () => (await import('./companion.ts')).companion],
  ['ledger', async () => (await import('./ledger.ts')).ledger],
]);

const { json, rest } = commandLine(process.argv.slice(2));
const [name = '', ...args] = rest;
const load = BENCHMARKS.get(name);
if (load === undefined) {
  process.stderr.write(
    `usage: pnpm bench NAME [--json FILE] [ARGUMENT…], where NAME is one of: ${[...BENCHMARKS.keys()].join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  const benchmark = await load();
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const rows = (await benchmark({ args, note })).map(judgedRow);
  process.stdout.write(`${renderRows(rows)}\n`);
  if (json !== undefined) {
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown' };
    writeFileSync(json, `${JSON.stringify({ benchmark: name, ...machine, rows }, undefined, 2)}\n`);
  }
}

/** `--json FILE` wherever it stands; everything else is the benchmark's. */
function commandLine(words: readonly string[]): {
  readonly json: string | undefined;
  readonly rest: readonly string[];
} {
  const plain = words.filter((word) => word !== '--');
  const at = plain.indexOf('--json');
  if (at < 0) return { json: undefined, rest: plain };
  const json = plain[at + 1];
  if (json === undefined) throw new Error('--json takes the name of a file');
  return { json, rest: [...plain.slice(0, at), ...plain.slice(at + 2)] };
}
