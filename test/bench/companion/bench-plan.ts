import { parseArgs } from 'node:util';

import { BenchUsageError } from '../arguments.ts';
import type { Core } from './child.ts';

/** The parts of the benchmark; those that are not named are run only when asked for. */
export const PARTS = ['throughput', 'sampling', 'latency', 'curve', 'memory', 'soak'] as const;
export type Part = (typeof PARTS)[number];
const DEFAULT_PARTS: readonly Part[] = ['throughput', 'sampling', 'latency', 'curve', 'memory'];

/** What was asked for on the command line. */
export interface BenchPlan {
  readonly parts: readonly Part[];
  /** Seconds of load that are measured, after a third of it to warm up. */
  readonly seconds: number;
  /** Open runs of the memory part. */
  readonly runs: number;
  /** Minutes of the soak. */
  readonly minutes: number;
  /** Below it everything is written; emptied again. */
  readonly dir: string;
  /** Profiles of ours go there. */
  readonly cpuProfileDir: string | undefined;
  /** The cost curve is drawn there, as SVG. */
  readonly plotFile: string | undefined;
  /** No Collector: ours alone. */
  readonly oursOnly: boolean;
  /** Spans without content. */
  readonly lean: boolean;
}

/** The cores that server and load are kept on, or that neither is. */
export interface Cores {
  readonly server: Core;
  readonly load: Core;
}

export const PINNED: Cores = { server: 1, load: 0 };
export const FREE: Cores = { server: undefined, load: undefined };

/** What the benchmark takes. */
export const USAGE = `[PART…] [--seconds N] [--runs N] [--minutes N] [--dir DIR] [--cpu-prof DIR] [--plot FILE.svg] [--ours-only] [--lean]
parts: ${PARTS.join(', ')} (default: all but soak)
--seconds: of load that are measured (default 10); --runs: open ones of the part memory (200000); --minutes: of the soak (20)
--lean: spans without content; --ours-only: no Collector beside ours; --cpu-prof, --plot: profiles and the cost curve go there`;

export function benchPlan(args: readonly string[], temporaryDir: string): BenchPlan {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '10' },
      runs: { type: 'string', default: '200000' },
      minutes: { type: 'string', default: '20' },
      dir: { type: 'string', default: temporaryDir },
      'cpu-prof': { type: 'string' },
      plot: { type: 'string' },
      'ours-only': { type: 'boolean', default: false },
      lean: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.find((name) => !PARTS.some((part) => part === name));
  if (unknown !== undefined) throw new BenchUsageError(`there is no part ${unknown}`);
  const parts = PARTS.filter((part) => positionals.includes(part));
  return {
    parts: parts.length > 0 ? parts : DEFAULT_PARTS,
    seconds: positive('seconds', values.seconds),
    runs: positive('runs', values.runs),
    minutes: positive('minutes', values.minutes),
    dir: values.dir,
    cpuProfileDir: values['cpu-prof'],
    plotFile: values.plot,
    oursOnly: values['ours-only'],
    lean: values.lean,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new BenchUsageError(`--${name} takes a number above 0, not ${text}`);
}
