import { parseArgs } from 'node:util';

import { clockJumps } from './clock-jumps.ts';
import { compaction } from './compaction.ts';
import { collectorOverGrpc } from './collector-grpc.ts';
import { diskFull, diskReadOnly, diskSlow } from './disk-faults.ts';
import { fuzzDecoder } from './fuzz-decoder.ts';
import { hostileSenders } from './hostile-senders.ts';
import { killPoints } from './kill-points.ts';
import type { Outcome } from './outcome.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    points: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
const log = (text: string): void => console.log(`   … ${text}`);

const SCENARIOS: ReadonlyMap<string, () => Promise<Outcome>> = new Map([
  ['senders', hostileSenders],
  ['disk-full', diskFull],
  ['disk-read-only', diskReadOnly],
  ['disk-slow', diskSlow],
  ['clock', clockJumps],
  ['compaction', compaction],
  ['collector-grpc', collectorOverGrpc],
  ['fuzz', () => fuzzDecoder({ seconds: Number(values.seconds), seed })],
  ['kill', () => killPoints({ points: Number(values.points), seed, log })],
]);

const chosen = positionals.length === 0 ? [...SCENARIOS.keys()] : positionals;
for (const name of chosen) {
  const scenario = SCENARIOS.get(name);
  if (scenario === undefined) {
    console.error(`no scenario "${name}"; there are ${[...SCENARIOS.keys()].join(', ')}`);
    process.exit(2);
  }
  const began = performance.now();
  const { problems, facts, skipped } = await scenario();
  const word = problems.length > 0 ? 'FAILED' : skipped === undefined ? 'ok' : 'skipped';
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${word.padEnd(7)} ${name} (${seconds} s)`);
  for (const text of [...(skipped === undefined ? [] : [skipped]), ...facts]) log(text);
  for (const problem of problems) console.log(`   ! ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
