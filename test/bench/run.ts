/**
 * Runs a benchmark and prints what it measured: `pnpm bench NAME [--json FILE] [arguments of the benchmark]`.
 * A bar that does not hold is told, and is no failure of the command: figures depend on the machine.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

import { BenchUsageError, isUsageError } from './arguments.ts';
import { judgedRow, renderRows, type Benchmark } from './row.ts';

interface Entry {
  readonly benchmark: Benchmark;
  /** Its arguments, and in further lines what they mean. */
  readonly usage: string;
}

const BENCHMARKS: ReadonlyMap<string, () => Promise<Entry>> = new Map([
  [
    'detection',
    async () => ({
      benchmark: (await import('./detection.ts')).detection,
      usage:
        '[FOLDER]\nFOLDER: recorded calls (default: those beside the repository, where they are)',
    }),
  ],
  [
    'pipeline',
    async () => {
      const { pipeline, PIPELINE_USAGE } = await import('./pipeline.ts');
      return { benchmark: pipeline, usage: PIPELINE_USAGE };
    },
  ],
  [
    'control',
    async () => ({
      benchmark: (await import('./control.ts')).control,
      usage:
        '[--streams N] [--processes N] [--kills N]\n--streams: of all agents (default 1000); --processes: that hold them (20); --kills: that are timed (20)',
    }),
  ],
  ['policy', async () => ({ benchmark: (await import('./policy.ts')).policy, usage: '' })],
  [
    'companion',
    async () => ({
      benchmark: (await import('./companion.ts')).companion,
      usage: (await import('./companion/bench-plan.ts')).USAGE,
    }),
  ],
  [
    'instrumentation',
    async () => {
      const { instrumentation, INSTRUMENTATION_USAGE } = await import('./instrumentation.ts');
      return { benchmark: instrumentation, usage: INSTRUMENTATION_USAGE };
    },
  ],
  [
    'ledger',
    async () => ({
      benchmark: (await import('./ledger.ts')).ledger,
      usage:
        '[--entries N] [--dir DIR]\n--entries: that are appended and verified (default 1000000); --dir: below it they are written (the temporary one)',
    }),
  ],
]);

const HELP = `usage: pnpm bench NAME [--json FILE] [ARGUMENT…], where NAME is one of: ${[...BENCHMARKS.keys()].join(', ')}
Prints rows of metric, value, unit, bar and whether it holds; --json FILE keeps them as data. A bar that does not hold is
no failure: exit code 0, 1 if the benchmark itself failed, 2 for wrong arguments.
pnpm bench NAME --help: the arguments of one.
`;

await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<void> {
  const helps = words.includes('--help') || words.includes('-h');
  let usage = HELP;
  try {
    const { json, rest } = commandLine(words);
    const [name = '', ...args] = rest;
    const entry = await BENCHMARKS.get(name)?.();
    if (entry !== undefined)
      usage = `usage: pnpm bench ${name} [--json FILE] ${entry.usage}`.trimEnd() + '\n';
    if (helps) process.stdout.write(usage);
    else if (entry === undefined)
      throw new BenchUsageError(name === '' ? 'which benchmark?' : `there is no benchmark ${name}`);
    else await measure({ name, entry, args, json });
  } catch (error) {
    if (!isUsageError(error)) throw error;
    process.stderr.write(`${error.message}\n${usage}`);
    process.exitCode = 2;
  }
}

interface Asked {
  readonly name: string;
  readonly entry: Entry;
  readonly args: readonly string[];
  readonly json: string | undefined;
}

async function measure({ name, entry, args, json }: Asked): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const rows = (await entry.benchmark({ args, note })).map(judgedRow);
  process.stdout.write(`${renderRows(rows)}\n`);
  if (json === undefined) return;
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown' };
  writeFileSync(json, `${JSON.stringify({ benchmark: name, ...machine, rows }, undefined, 2)}\n`);
}

/** `--json FILE` wherever it stands; everything else is the benchmark's. */
function commandLine(words: readonly string[]): {
  readonly json: string | undefined;
  readonly rest: readonly string[];
} {
  const plain = words.filter((word) => word !== '--' && word !== '--help' && word !== '-h');
  const at = plain.indexOf('--json');
  if (at < 0) return { json: undefined, rest: plain };
  const json = plain[at + 1];
  if (json === undefined) throw new BenchUsageError('--json takes the name of a file');
  return { json, rest: [...plain.slice(0, at), ...plain.slice(at + 2)] };
}
