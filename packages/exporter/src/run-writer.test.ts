import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, test } from 'vitest';

import type { ReadyRun } from './assemble/assembler.ts';
import { createRunWriter, type RunWriterOptions } from './run-writer.ts';

test('runs that cannot be told are logged, and the next ones are told nevertheless', async () => {
  const problems: unknown[] = [];
  // Nothing else is asked for where no run is ready.
  const writer = createRunWriter({
    now: () => 0,
    pace: { rest: () => undefined },
    onProblem: (problem, cause) => problems.push([problem, cause]),
  } satisfies Partial<RunWriterOptions> as unknown as RunWriterOptions);
  const cause = new Error('no such place');
  let isAskedAgain = false;
  function* broken(): Generator<readonly ReadyRun[]> {
    yield [];
    throw cause;
  }
  function* next(): Generator<readonly ReadyRun[]> {
    isAskedAgain = true;
    yield [];
  }
  writer.tell(broken());
  await nextTurn();
  writer.tell(next());
  await nextTurn();
  expect(problems).toEqual([['complete runs could not be found', cause]]);
  expect(isAskedAgain).toBe(true);
});
