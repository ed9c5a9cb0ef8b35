/**
 * The demo: `pnpm demo`. Plays the whole loop on real processes and prints what happened; `--json` prints the facts
 * instead. Everything is left in `.first-flight` for a look afterwards.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { runDemo } from './run-demo.ts';
import { renderSummary } from './summary.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const json = process.argv.includes('--json');
const started = performance.now();
const seconds = (): number => (performance.now() - started) / 1000;

try {
  const facts = await runDemo({
    dir: path.join(root, '.first-flight'),
    progress: (line) => process.stderr.write(`${seconds().toFixed(1).padStart(5)} s  ${line}\n`),
  });
  process.stdout.write(
    json ? `${JSON.stringify(facts, null, 2)}\n` : `${renderSummary(facts, seconds())}\n`,
  );
} catch (error) {
  process.stderr.write(
    `the demo stopped: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.stderr.write('logs of every process are in .first-flight/logs\n');
  process.exitCode = 1;
}
