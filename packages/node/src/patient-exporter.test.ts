import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import {
  createPatientExporter,
  type BatchExporter,
  type ExportOutcome,
} from './patient-exporter.ts';

/** A receiver that is up, away, or refuses, and remembers what it took. */
function receiver(): BatchExporter<string> & {
  outcome: ExportOutcome;
  readonly taken: string[];
  attempts: number;
} {
  const taken: string[] = [];
  return {
    outcome: { code: 0 },
    taken,
    attempts: 0,
    export(items, done) {
      this.attempts += 1;
      const { outcome } = this;
      if (outcome.code === 0) taken.push(...items);
      queueMicrotask(() => done(outcome));
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

const AWAY: ExportOutcome = { code: 1, error: new Error('connect ECONNREFUSED') };
const REFUSED: ExportOutcome = { code: 1, error: Object.assign(new Error('bad'), { code: 400 }) };

function send(exporter: BatchExporter<string>, ...items: string[]): Promise<ExportOutcome> {
  return new Promise((resolve) => {
    exporter.export(items, resolve);
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a patient exporter', () => {
  test('sends what was held when the receiver is back, in order and once', async () => {
    const inner = receiver();
    const exporter = createPatientExporter({ exporter: inner });
    inner.outcome = AWAY;
    expect(await send(exporter, 'a', 'b')).toEqual({ code: 0 });
    expect(await send(exporter, 'c')).toEqual({ code: 0 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(inner.taken).toEqual([]);
    inner.outcome = { code: 0 };
    await send(exporter, 'd');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(inner.taken).toEqual(['a', 'b', 'c', 'd']);
    await send(exporter, 'e');
    expect(inner.taken).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('waits longer from attempt to attempt, up to its limit', async () => {
    const inner = receiver();
    const exporter = createPatientExporter({ exporter: inner, maxPauseMillis: 1_000 });
    inner.outcome = AWAY;
    await send(exporter, 'a');
    await vi.advanceTimersByTimeAsync(250 + 500 + 1_000 + 1_000);
    expect(inner.attempts).toBe(5);
  });

  test('holds no more than its limit: the oldest go first, and it says how many', async () => {
    const inner = receiver();
    const dropped: [number, number][] = [];
    const onDropped = (items: number, total: number): void => void dropped.push([items, total]);
    const exporter = createPatientExporter({ exporter: inner, maxHeldItems: 3, onDropped });
    inner.outcome = AWAY;
    for (const item of ['a', 'b', 'c', 'd', 'e']) await send(exporter, item);
    inner.outcome = { code: 0 };
    await exporter.forceFlush();
    expect(inner.taken).toEqual(['c', 'd', 'e']);
    expect(dropped).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  test('does not hold what is refused for good', async () => {
    const inner = receiver();
    const exporter = createPatientExporter({ exporter: inner });
    inner.outcome = REFUSED;
    expect(await send(exporter, 'a')).toEqual(REFUSED);
    inner.outcome = AWAY;
    await send(exporter, 'b');
    inner.outcome = REFUSED;
    await vi.advanceTimersByTimeAsync(1_000);
    inner.outcome = { code: 0 };
    await send(exporter, 'c');
    expect(inner.taken).toEqual(['c']);
  });

  test('counts what it could not deliver: held, dropped, refused and on its way', async () => {
    const inner = receiver();
    const dropped: number[] = [];
    const onDropped = (items: number): void => void dropped.push(items);
    const exporter = createPatientExporter({ exporter: inner, maxHeldItems: 3, onDropped });
    await send(exporter, 'taken');
    expect(exporter.undelivered()).toBe(0);
    inner.outcome = REFUSED;
    await send(exporter, 'a', 'b');
    expect([exporter.undelivered(), dropped]).toEqual([2, [2]]);
    inner.outcome = AWAY;
    const sent = send(exporter, 'c');
    expect(exporter.undelivered()).toBe(3);
    await sent;
    await send(exporter, 'd', 'e', 'f');
    expect([exporter.undelivered(), dropped]).toEqual([6, [2, 1]]);
    inner.outcome = { code: 0 };
    await exporter.forceFlush();
    expect(exporter.undelivered()).toBe(3);
  });

  test('tries what it holds once more at the end, and says honestly what then fails', async () => {
    const inner = receiver();
    const exporter = createPatientExporter({ exporter: inner });
    inner.outcome = AWAY;
    await send(exporter, 'a');
    await exporter.shutdown();
    expect(inner.attempts).toBe(2);
    expect(await send(createPatientExporter({ exporter: inner }), 'b')).toEqual({ code: 0 });
  });
});
