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

test('runs are written while others are still being told, as soon as enough are ready', async () => {
  const order: string[] = [];
  const runOf = (name: string, spans: number): ReadyRun =>
    ({
      digest: name,
      part: { spans: Array.from({ length: spans }) },
      settle: () => undefined,
    }) as Partial<Record<keyof ReadyRun, unknown>> as ReadyRun;
  const isDone = Promise.withResolvers<undefined>();
  const writer = createRunWriter({
    now: () => 0,
    pace: { rest: () => undefined },
    reading: () => () => undefined,
    store: { write: async () => [] },
    // Nothing of them is read.
    sampling: { dropLightly: async () => ({}), flush: async () => undefined },
    onBuilt: async () => undefined,
    onWritten: async () => undefined,
    onDecided: (_run: unknown, { digest }: ReadyRun) => {
      order.push(`${digest} decided`);
      if (digest === 'last') isDone.resolve(undefined);
    },
    onProblem: (problem: string, cause: unknown) => isDone.reject(new Error(problem, { cause })),
  } satisfies Partial<Record<keyof RunWriterOptions, unknown>> as unknown as RunWriterOptions);
  function* runs(): Generator<readonly ReadyRun[]> {
    for (const [name, spans] of [
      ['first', 600],
      ['second', 600],
      ['last', 1],
    ] as const) {
      order.push(`${name} told`);
      yield [runOf(name, spans)];
    }
  }
  writer.tell(runs());
  await isDone.promise;
  expect(order).toEqual([
    'first told',
    'second told',
    'first decided',
    'second decided',
    'last told',
    'last decided',
  ]);
});
