/** `pnpm test:frameworks`: see README.md. */
import { parseArgs } from 'node:util';

import { runCell, scenariosOf } from './harness/cell.ts';
import { problemsOf } from './harness/check.ts';
import { fullMatrix, listFrameworks, spanningMatrix, type Filter } from './harness/matrix.ts';
import { gather, writeResults, type CellResult } from './harness/results.ts';
import type { ScenarioName } from './framework-under-test.ts';

/** Problems of one process that are told; what is not attached has dozens. */
const MAX_LINES = 12;
/** Processes at a time. */
const PARALLEL = 2;

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    scenario: { type: 'string' },
    node: { type: 'string' },
    sdk: { type: 'string' },
    format: { type: 'string' },
    write: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const filter: Filter = {
  only: values.only?.split(','),
  node: values.node?.split(','),
  sdk: values.sdk?.split(',').map(Number),
  format: values.format?.split(','),
};
const only = values.scenario?.split(',') as ScenarioName[] | undefined;
const cells = await (values.full ? fullMatrix(filter) : spanningMatrix(filter));
let passed = 0;
let failed = 0;
const queue = [...cells];
const results: CellResult[] = [];
await Promise.all(
  Array.from({ length: PARALLEL }, async () => {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
      const run = await runCell(cell, only);
      const { framework, format, node, sdk } = cell;
      const title = `${framework.package} ${run.version} ${format} node ${node} sdk ${sdk}`;
      const names = scenariosOf(cell).filter((name) => only === undefined || only.includes(name));
      const bad = names
        .map((name) => ({ name, problems: problemsOf(run, name) }))
        .filter(({ problems }) => problems.length > 0);
      passed += names.length - bad.length;
      failed += bad.length;
      results.push({ cell, version: run.version, failed: bad.map(({ name }) => name) });
      process.stdout.write(
        `${title}: ${names.length - bad.length} of ${names.length}, ${run.millis} ms\n`,
      );
      const told = run.result === undefined ? [] : bad;
      const lines = told.flatMap(({ name, problems }) =>
        problems.map((problem) => `  ${name}: ${problem}\n`),
      );
      const shown = values.verbose ? lines : lines.slice(0, MAX_LINES);
      process.stdout.write(shown.join(''));
      if (shown.length < lines.length) {
        process.stdout.write(`  … and ${lines.length - shown.length} more (--verbose)\n`);
      }
      if (run.code !== 0 || values.verbose || run.result === undefined) {
        process.stdout.write(`  exit ${run.code}; its output:\n${run.stderr}\n`);
      }
    }
  }),
);
if (values.write && only === undefined) {
  const fresh = gather(results);
  for (const { framework } of await listFrameworks()) await writeResults(framework, fresh);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
