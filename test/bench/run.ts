/**
 * Runs a benchmark and prints what it measured: `pnpm bench NAME [--json FILE] [arguments of the benchmark]`.
 * A bar that does not hold is told, and is no failure of the command: figures depend on the machine.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { judgedRow, renderRows, type Benchmark } from './row.ts';

const BENCHMARKS: ReadonlyMap<string, () => Promise<Benchmark>> = new Map([
  ['detection', async () => (await import('./detection.ts')).detection],
]);

const { values, positionals } = parseArgs({
  options: { json: { type: 'string' } },
  allowPositionals: true,
});
const [name = '', ...args] = positionals;
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
  if (values.json !== undefined) {
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown' };
    writeFileSync(
      values.json,
      `${JSON.stringify({ benchmark: name, ...machine, rows }, undefined, 2)}\n`,
    );
  }
}
