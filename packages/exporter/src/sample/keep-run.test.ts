import { randomBytes } from 'node:crypto';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isInRatio, keepRun, type SamplingFacts } from './keep-run.ts';

const LOW = '0'.repeat(32);
const HIGH = 'f'.repeat(32);
const facts = (change: Partial<SamplingFacts> = {}): SamplingFacts => ({
  outcome: 'success',
  decisions: 0,
  overrides: 0,
  failedCalls: 0,
  traceId: LOW,
  ...change,
});

describe('keepRun', () => {
  it.each([
    [{ outcome: 'failure' }, 'failure'],
    [{ outcome: 'terminated' }, 'failure'],
    [{ outcome: 'incomplete' }, 'unresolved'],
    [{ outcome: 'unknown' }, 'unresolved'],
    [{ decisions: 1 }, 'decision'],
    [{ overrides: 1 }, 'override'],
    [{ failedCalls: 1 }, 'failed_call'],
  ] as const)('keeps a run with %j at any ratio', (change, rule) => {
    expect(keepRun(facts(change), 0)).toEqual({ kept: true, note: { kept: true, rule, ratio: 1 } });
  });

  it('keeps uneventful successes by trace id, and says with which probability', () => {
    expect(keepRun(facts(), 1)).toEqual({
      kept: true,
      note: { kept: true, rule: 'all', ratio: 1 },
    });
    expect(keepRun(facts(), 0.5)).toEqual({ kept: false, rule: 'success_ratio', ratio: 0.5 });
    expect(keepRun(facts({ traceId: HIGH }), 0.5)).toEqual({
      kept: true,
      note: { kept: true, rule: 'success_ratio', ratio: 0.5 },
    });
  });
});

describe('isInRatio', () => {
  it('looks at the last 56 bits only, and keeps those at or above the threshold', () => {
    const id = (tail: string): string => `${'f'.repeat(18)}${tail}`;
    expect(isInRatio(id('80000000000000'), 0.5)).toBe(true);
    expect(isInRatio(id('7fffffffffffff'), 0.5)).toBe(false);
  });

  it('keeps at a higher ratio whatever it keeps at a lower one', () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    const traceId = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => Buffer.from(bytes).toString('hex'));
    fc.assert(
      fc.property(traceId, ratio, ratio, (id, a, b) => {
        expect(isInRatio(id, Math.min(a, b)) && !isInRatio(id, Math.max(a, b))).toBe(false);
      }),
    );
  });

  it('keeps about the share that it promises', () => {
    const kept = Array.from({ length: 20_000 }, () => randomBytes(16).toString('hex')).filter(
      (id) => isInRatio(id, 0.1),
    );
    expect(kept.length).toBeGreaterThan(1700);
    expect(kept.length).toBeLessThan(2300);
  });
});
