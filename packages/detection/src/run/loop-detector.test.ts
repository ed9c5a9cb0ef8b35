import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { callsOf } from '../testing/run.examples.ts';
import { createLoopDetector, type Loop, type LoopThresholds } from './loop-detector.ts';
import type { RunToolCall } from './run-facts.ts';

/** What the detector tells after each call. */
function follow(
  calls: readonly RunToolCall[],
  thresholds?: LoopThresholds,
): readonly { readonly told: Loop | undefined; readonly now: Loop | undefined }[] {
  const detector = createLoopDetector(thresholds);
  return calls.map((call) => ({ told: detector.add(call), now: detector.loop() }));
}

describe('a loop', () => {
  it('is told once, when it begins, and counts on while it lasts', () => {
    const steps = follow(
      callsOf(
        'find(a) failed',
        'find(a) failed',
        'find(a) failed',
        'find(a) failed',
        'find(a) failed',
      ),
    );
    expect(steps.map(({ told }) => told?.calls)).toEqual([
      undefined,
      undefined,
      3,
      undefined,
      undefined,
    ]);
    expect(steps.map(({ now }) => now?.calls)).toEqual([undefined, undefined, 3, 4, 5]);
    expect(steps[2]?.told).toEqual({
      kind: 'identical_failures',
      tools: ['find'],
      argumentsDigest: 'a',
      calls: 3,
      rounds: 3,
      step: 4,
    });
  });

  it('ends with the first call that is something else, and can begin again', () => {
    const steps = follow(
      callsOf(
        'find(a) failed',
        'find(a) failed',
        'find(a) failed',
        'read(b) ok r',
        'find(a) failed',
        'find(a) failed',
        'find(a) failed',
      ),
    );
    expect(steps.map(({ now }) => now?.kind ?? '')).toEqual([
      '',
      '',
      'identical_failures',
      '',
      '',
      '',
      'identical_failures',
    ]);
    expect(steps[6]?.told).toBeDefined();
  });

  it('has the tools of one round in order, for rounds of up to four calls', () => {
    const round = ['a(x) ok 1', 'b(x) ok 2', 'c(x) ok 3', 'd(x) ok 4'] as const;
    const steps = follow(callsOf(...round, ...round, ...round));
    expect(steps.findIndex(({ now }) => now?.kind === 'alternating')).toBe(11);
    expect(steps[11]?.now).toMatchObject({ tools: ['a', 'b', 'c', 'd'], calls: 12, rounds: 3 });
  });

  it('needs the failure to be the same one: another class is another answer', () => {
    const calls = callsOf('find(a) failed', 'find(a) failed', 'find(a) failed').map(
      (call, index) => ({
        ...call,
        outcome: {
          ...call.outcome,
          class: index === 1 ? ('timeout' as const) : ('not_found' as const),
        },
      }),
    );
    expect(follow(calls).at(-1)?.now).toBeUndefined();
  });

  it('is none where the result of a success is not known', () => {
    expect(
      follow(callsOf('a(x) ok', 'a(x) ok', 'a(x) ok', 'a(x) ok', 'a(x) ok')).at(-1)?.now,
    ).toBeUndefined();
  });

  it('is one without progress when calls repeat earlier ones in any order', () => {
    const steps = follow(
      callsOf(
        'a(1) ok r',
        'b(1) ok s',
        'c(1) ok t',
        'b(1) ok s',
        'a(1) ok r',
        'c(1) ok t',
        'a(1) ok r',
        'c(1) ok t',
        'b(1) ok s',
      ),
    );
    expect(steps[7]?.now).toBeUndefined();
    expect(steps[8]?.told).toMatchObject({ kind: 'no_progress', calls: 6, tools: ['b'] });
  });

  it('begins where the thresholds say', () => {
    const calls = callsOf('a(x) failed', 'a(x) failed', 'b(x) ok r', 'b(x) ok r');
    expect(follow(calls, { identicalFailures: 2 })[1]?.told?.calls).toBe(2);
    expect(follow(calls, { identicalResults: 2 })[3]?.told?.calls).toBe(2);
    expect(follow(calls, { callsWithoutProgress: 2 })[1]?.told?.kind).toBe('no_progress');
    expect(() => createLoopDetector({ rounds: 1 })).toThrow('rounds is 1; it must be');
  });
});

describe('any run', () => {
  const call = fc.record({
    tool: fc.constantFrom('a', 'b', 'c'),
    step: fc.constant(2),
    outcome: fc.constantFrom(
      { outcome: 'ok' as const, certainty: 'likely' as const, rule: 'r' },
      { outcome: 'failed' as const, certainty: 'certain' as const, rule: 's' },
    ),
    argumentsDigest: fc.constantFrom('1', '2', undefined),
    resultDigest: fc.constantFrom('x', 'y', undefined),
  });
  const same = (one: RunToolCall | undefined, other: RunToolCall | undefined): boolean =>
    one !== undefined &&
    other !== undefined &&
    one.argumentsDigest !== undefined &&
    one.tool === other.tool &&
    one.argumentsDigest === other.argumentsDigest &&
    one.outcome.rule === other.outcome.rule &&
    (one.outcome.outcome === 'failed' ||
      (one.resultDigest !== undefined && one.resultDigest === other.resultDigest));

  it('is seen as a plain look back over all of its calls would see it', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
        for (const [index, { now }] of follow(calls, { callsWithoutProgress: 1000 }).entries()) {
          const inARow = (length: number): number => {
            let matches = 0;
            while (same(calls[index - matches], calls[index - matches - length])) matches += 1;
            return matches + length;
          };
          const bad = calls[index]?.outcome.outcome === 'failed';
          const identical = inARow(1) >= (bad ? 3 : 4);
          const rounds = [2, 3, 4].some(
            (length) => inARow(length) >= 3 * length && inARow(1) < length,
          );
          const kind = bad ? 'identical_failures' : 'identical_results';
          expect(now?.kind).toBe(identical ? kind : rounds ? 'alternating' : undefined);
        }
      }),
    );
  });

  it('takes no more memory the longer it is', () => {
    const detector = createLoopDetector();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const feed = (from: number, to: number): void => {
      for (let index = from; index < to; index += 1) {
        detector.add({
          tool: 'a',
          step: index,
          outcome: { outcome: 'ok', certainty: 'likely', rule: 'r' },
          argumentsDigest: `digest ${index}`.repeat(20),
          resultDigest: 'r',
        });
      }
    };
    feed(0, 1000);
    const before = heap();
    feed(1000, 201_000);
    // All digests together are 50 MB.
    expect(heap() - before).toBeLessThan(5e6);
  });
});
