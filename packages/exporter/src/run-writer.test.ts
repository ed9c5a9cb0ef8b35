import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, test } from 'vitest';

import type { ReadyRun } from './assemble/assembler.ts';
import type { InSteps } from './in-steps.ts';
import { createRunWriter, type RunWriter, type RunWriterOptions } from './run-writer.ts';

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

function runOf(name: string, spans: number): ReadyRun {
  return {
    digest: name,
    part: { spans: Array.from({ length: spans }) },
    absorbed: [],
    settle: () => undefined,
  } as Partial<Record<keyof ReadyRun, unknown>> as ReadyRun;
}

/** Nothing of the runs is read; a disk that takes lines at once, unless said otherwise. */
function writerWith(more: Partial<Record<keyof RunWriterOptions, unknown>>): RunWriter {
  return createRunWriter({
    now: () => 0,
    pace: { rest: () => undefined },
    reading: () => () => undefined,
    store: { write: async () => [] },
    sampling: { dropLightly: async () => ({}), flush: async () => undefined },
    onBuilt: async () => undefined,
    onWritten: async () => undefined,
    isErased: () => false,
    onDecided: () => undefined,
    onProblem: (problem: string, cause: unknown) => {
      throw new Error(problem, { cause });
    },
    ...more,
  } as unknown as RunWriterOptions);
}

test('runs are written while others are still being told, as soon as enough are ready', async () => {
  const order: string[] = [];
  const isDone = Promise.withResolvers<undefined>();
  const writer = writerWith({
    isErased: () => false,
    onDecided: (_run: unknown, { digest }: ReadyRun) => {
      order.push(`${digest} decided`);
      if (digest === 'last') isDone.resolve(undefined);
    },
    onProblem: (problem: string, cause: unknown) => isDone.reject(new Error(problem, { cause })),
  });
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

/** Puts together nothing but the run's name, in so many steps. */
function builtIn(steps: number): (ready: ReadyRun) => InSteps<unknown> {
  return function* built({ digest }) {
    for (let step = 0; step < steps; step += 1) yield;
    return { trajectory: digest, sampling: { kept: true } };
  };
}

test('a long run is put together with pauses', async () => {
  const order: string[] = [];
  let asked = 0;
  const writer = writerWith({
    pace: {
      rest: () => {
        asked += 1;
        return asked % 100 > 0 ? undefined : nextTurn().then(() => order.push('pause'));
      },
    },
    sampling: { dropLightly: async () => undefined, flush: async () => undefined },
    build: builtIn(300),
    store: {
      write: async (lines: readonly unknown[]) => {
        order.push(...lines.map(String));
        return [];
      },
    },
  });
  writer.add([runOf('long', 0)]);
  await writer.drain();
  expect(order).toEqual(['pause', 'pause', 'pause', 'long']);
});

test('a run that was erased while its line waited is not noted for the line of its conversation', async () => {
  const noted: unknown[] = [];
  const ready = (digest: string): ReadyRun =>
    ({
      digest,
      part: { spans: [], events: [] },
      absorbed: [],
      settle: () => undefined,
    }) as Partial<Record<keyof ReadyRun, unknown>> as ReadyRun;
  const writer = writerWith({
    sampling: { dropLightly: async () => undefined, flush: async () => undefined },
    build: builtIn(1),
    store: { write: async () => [{ kind: 'erased' }, { kind: 'unchanged' }] },
    conversations: { note: async (lines: readonly unknown[]) => noted.push(...lines) },
  });
  writer.add([ready('erased'), ready('other')]);
  await writer.drain();
  expect(noted).toEqual(['other']);
});

test('runs that have events only are written a part at a time, too', async () => {
  let decided = 0;
  const decidedBefore: number[] = [];
  const writer = writerWith({
    store: {
      write: async () => {
        decidedBefore.push(decided);
        return [];
      },
    },
    isErased: () => false,
    onDecided: () => (decided += 1),
  });
  writer.add(Array.from({ length: 2500 }, (_, index) => runOf(`run ${index}`, 0)));
  await writer.drain();
  expect(decidedBefore).toEqual([0, 1000, 2000]);
});

test('runs that are told more slowly than they come count as waiting, and hold senders up', async () => {
  let time = 0;
  const disk = Promise.withResolvers<readonly never[]>();
  const writer = writerWith({ now: () => time, store: { write: () => disk.promise } });
  const isTold = Promise.withResolvers<undefined>();
  function* runs(): Generator<readonly ReadyRun[]> {
    for (const name of ['first', 'second', 'last']) yield [runOf(name, 1000)];
    isTold.resolve(undefined);
  }
  writer.tell(runs());
  await nextTurn();
  await writer.room();
  expect(writer.stats()).toMatchObject({ heldUp: 0, oldestWaitingMillis: 0 });
  time = 250;
  // Due by now, and not looked at: the last ones are still being told.
  writer.tell([]);
  time = 6000;
  const held = writer.room();
  expect(writer.stats()).toMatchObject({ heldUp: 1, oldestWaitingMillis: 6000 });
  disk.resolve([]);
  await isTold.promise;
  await nextTurn();
  expect(writer.stats().oldestWaitingMillis).toBe(5750);
  writer.tell([]);
  await held;
  expect(writer.stats().oldestWaitingMillis).toBe(0);
});
