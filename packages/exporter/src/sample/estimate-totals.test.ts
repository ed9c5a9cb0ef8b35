import { describe, expect, it } from 'vitest';

import { estimateTotals } from './estimate-totals.ts';
import type { SamplingCounts } from './sampling-counts.ts';

function row(rule: string, counts: Partial<SamplingCounts>): SamplingCounts {
  return {
    schema_version: 'aftertrace.sampling.v1',
    hour: '2026-11-22T10:00:00.000Z',
    agent: 'support',
    rule,
    seen: (counts.kept ?? 0) + (counts.dropped ?? 0),
    kept: 0,
    dropped: 0,
    keptBytes: 0,
    droppedBytes: 0,
    again: 0,
    readmitted: 0,
    ratioMin: 0.1,
    ratioMax: 1,
    ...counts,
  };
}

describe('estimated totals', () => {
  it('are missing where sampling decided nothing', () => {
    expect(estimateTotals(new Map([['success', 3]]), [])).toBeUndefined();
  });

  it('add what was dropped to the successes, and to nothing else', () => {
    const outcomes = new Map([
      ['success', 10],
      ['failure', 4],
      ['terminated', 1],
      ['incomplete', 2],
    ] as const);
    const counts = [
      row('success_ratio', { kept: 8, dropped: 90, droppedBytes: 900 }),
      row('failed_call', { kept: 2 }),
      row('failure', { kept: 5 }),
      row('unresolved', { kept: 2 }),
    ];
    expect(estimateTotals(outcomes, counts)).toEqual({
      totals: new Map([
        ['success', { lines: 10, dropped: 90, runs: 100 }],
        ['failure', { lines: 5, dropped: 0, runs: 5 }],
        ['unresolved', { lines: 2, dropped: 0, runs: 2 }],
      ]),
      gone: 0,
      droppedBytes: 900,
    });
  });

  it('count a dropped run that late spans brought back once', () => {
    const counts = [
      row('success_ratio', { kept: 1, dropped: 9 }),
      row('failure', { again: 2, readmitted: 2 }),
    ];
    const outcomes = new Map([
      ['success', 1],
      ['failure', 2],
    ] as const);
    const { totals, gone } = estimateTotals(outcomes, counts) ?? {};
    expect(totals?.get('success')).toEqual({ lines: 1, dropped: 7, runs: 8 });
    expect(totals?.get('failure')).toEqual({ lines: 2, dropped: 0, runs: 2 });
    expect(gone).toBe(0);
  });

  it('tell of successes where every one was dropped, and of lines that are gone', () => {
    const counts = [row('success_ratio', { dropped: 5 }), row('failure', { kept: 4 })];
    expect(estimateTotals(new Map([['failure', 1]]), counts)).toMatchObject({
      totals: new Map([
        ['failure', { lines: 1, dropped: 0, runs: 1 }],
        ['success', { lines: 0, dropped: 5, runs: 5 }],
      ]),
      gone: 3,
    });
  });
});
