import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { callsOf } from '../testing/run.examples.ts';
import { createFailureLog, type FailureLog } from './failures.ts';
import type { RunToolCall } from './run-facts.ts';

function logOf(calls: readonly RunToolCall[]): FailureLog {
  const log = createFailureLog();
  for (const call of calls) log.add(call);
  return log;
}

describe('failed calls of a run', () => {
  it('are recovered by a later call of their tool that went well, all at once', () => {
    const log = logOf(callsOf('a(1) failed', 'a(2) failed', 'b(1) failed', 'a(3) ok r'));
    expect(log.tally()).toEqual({ failed: 3, recovered: 2, unrecovered: 1 });
    expect(log.unrecovered()).toBeUndefined();
    expect(log.steps()).toEqual({ firstFailingStep: 2, lastGoodStep: 1 });
  });

  it('decide where the run ended on them, before writes that stayed open', () => {
    expect(logOf(callsOf('pay!(1) failed', 'b(1) ok r', 'c(1) failed')).unrecovered()).toEqual({
      tool: 'c',
      why: 'last_call',
    });
    expect(logOf(callsOf('pay!(1) failed', 'b(1) ok r')).unrecovered()).toEqual({
      tool: 'pay',
      why: 'write',
    });
  });

  it('are remembered for 256 tools: the oldest no longer decides, and still counts', () => {
    const names = Array.from({ length: 300 }, (_, index) => `pay${index}`);
    const calls = names
      .flatMap((name) => callsOf(`${name}!(1) failed`))
      .map((call, index) => ({
        ...call,
        step: index + 2,
      }));
    const log = logOf([
      ...calls,
      ...callsOf('pay0(1) ok r').map((call) => ({ ...call, step: 999 })),
    ]);
    expect(log.tally()).toEqual({ failed: 300, recovered: 0, unrecovered: 300 });
    expect(log.openWrite()).toBe('pay44');
  });

  it('are never both recovered and open', () => {
    const text = fc.constantFrom(
      'a(1) failed',
      'a(1) ok r',
      'b(1) failed',
      'b(1) empty',
      'c(1) denied',
    );
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const calls = callsOf(...texts);
        const open = calls.filter(
          ({ tool, outcome }, index) =>
            outcome.outcome === 'failed' &&
            !calls
              .slice(index + 1)
              .some(
                (later) => later.tool === tool && ['ok', 'empty'].includes(later.outcome.outcome),
              ),
        );
        const tally = logOf(calls).tally();
        expect(tally.unrecovered).toBe(open.length);
        expect(tally.failed).toBe(tally.recovered + tally.unrecovered);
      }),
    );
  });
});
