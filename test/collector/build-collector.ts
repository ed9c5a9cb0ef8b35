/** Finds or builds the Collector that tests and benchmarks use, and prints where it is: `node build-collector.ts [previous]`. */
import { locateCollector } from './collector.ts';

const collector = await locateCollector({
  note: (text) => void process.stderr.write(`${text}\n`),
  release: process.argv[2] === 'previous' ? 'previous' : 'current',
});
if (collector === undefined) process.exitCode = 1;
else process.stdout.write(`${collector.program} ${collector.version}\n`);
