import type { BreakerMatch, ToolOutcome } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { askCircuit, tellCircuit, type CircuitState } from './breaker.ts';

const BREAKER: BreakerMatch = {
  failures: 3,
  withinMillis: 1_000,
  openMillis: 500,
  probes: 2,
  per: 'agent',
  countLikely: false,
};
const FAILED = { outcome: 'failed', certainty: 'certain', class: 'timeout' } as const;
const OK = { outcome: 'ok', certainty: 'certain' } as const;

type Outcome = Pick<ToolOutcome, 'outcome' | 'certainty' | 'class'>;

function tellAll(outcomes: readonly Outcome[], breaker: BreakerMatch = BREAKER): CircuitState {
  let state: CircuitState = { kind: 'closed', failures: [] };
  for (const outcome of outcomes) {
    state = tellCircuit(breaker, state, { probe: false, outcome, nowMillis: 10 });
  }
  return state;
}

describe('a circuit', () => {
  it('opens with the last of so many failures, and no earlier', () => {
    expect(tellAll([FAILED, FAILED]).kind).toBe('closed');
    expect(tellAll([FAILED, FAILED, FAILED])).toEqual({ kind: 'open', sinceMillis: 10 });
  });

  it('forgets failures that are older than its time', () => {
    const old: CircuitState = { kind: 'closed', failures: [0, 5] };
    const tell = (nowMillis: number): string =>
      tellCircuit(BREAKER, old, { probe: false, outcome: FAILED, nowMillis }).kind;
    expect(tell(999)).toBe('open');
    expect(tell(1_000)).toBe('closed');
  });

  it.each<[string, Outcome, Partial<BreakerMatch>]>([
    ['success', OK, {}],
    ['a refusal', { outcome: 'denied', certainty: 'certain' }, {}],
    ['a likely failure', { ...FAILED, certainty: 'likely' }, {}],
    ['a failure of another class', FAILED, { classes: ['crash'] }],
  ])('does not count %s', (_name, outcome, change) => {
    const breaker = { ...BREAKER, failures: 1, ...change };
    expect(tellAll([outcome], breaker).kind).toBe('closed');
  });

  it('counts a likely failure where it is told to', () => {
    const breaker = { ...BREAKER, failures: 1, countLikely: true };
    expect(tellAll([{ ...FAILED, certainty: 'likely' }], breaker).kind).toBe('open');
  });

  it('refuses while it is open, then lets through so many probes and no more', () => {
    const open: CircuitState = { kind: 'open', sinceMillis: 100 };
    expect(askCircuit(BREAKER, open, 599)).toEqual({ refuse: true });
    const first = askCircuit(BREAKER, open, 600);
    expect(first).toMatchObject({ refuse: false, probe: true });
    const second = askCircuit(BREAKER, nextOf(first), 601);
    expect(second).toMatchObject({ refuse: false, probe: true });
    expect(askCircuit(BREAKER, nextOf(second), 602)).toEqual({ refuse: true });
  });

  it('closes when all probes have succeeded', () => {
    const half: CircuitState = { kind: 'half_open', sinceMillis: 0, probing: 2, succeeded: 0 };
    const one = tellCircuit(BREAKER, half, { probe: true, outcome: OK, nowMillis: 1 });
    expect(one).toMatchObject({ kind: 'half_open', probing: 1, succeeded: 1 });
    const two = tellCircuit(BREAKER, one, { probe: true, outcome: OK, nowMillis: 2 });
    expect(two).toEqual({ kind: 'closed', failures: [] });
  });

  it('opens again when a probe fails, from that moment on', () => {
    const half: CircuitState = { kind: 'half_open', sinceMillis: 0, probing: 1, succeeded: 1 };
    expect(tellCircuit(BREAKER, half, { probe: true, outcome: FAILED, nowMillis: 7 })).toEqual({
      kind: 'open',
      sinceMillis: 7,
    });
  });

  it('gives the place of a probe free that proved nothing', () => {
    const half: CircuitState = { kind: 'half_open', sinceMillis: 0, probing: 2, succeeded: 0 };
    const outcome = { outcome: 'denied', certainty: 'certain' } as const;
    const after = tellCircuit(BREAKER, half, { probe: true, outcome, nowMillis: 1 });
    expect(askCircuit(BREAKER, after, 2)).toMatchObject({ refuse: false, probe: true });
  });

  it('tries again when the end of a probe was never told', () => {
    const half: CircuitState = { kind: 'half_open', sinceMillis: 0, probing: 2, succeeded: 0 };
    expect(askCircuit(BREAKER, half, 499)).toEqual({ refuse: true });
    expect(askCircuit(BREAKER, half, 500)).toMatchObject({ refuse: false, probe: true });
  });

  it('does not hear calls that began before it opened', () => {
    const half: CircuitState = { kind: 'half_open', sinceMillis: 0, probing: 1, succeeded: 0 };
    for (const outcome of [OK, FAILED]) {
      expect(tellCircuit(BREAKER, half, { probe: false, outcome, nowMillis: 1 })).toBe(half);
    }
  });

  it('never has more probes under way than it allows, and never stays shut for ever', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 400 }),
      end: fc.constantFrom<Outcome>(OK, FAILED, { outcome: 'denied', certainty: 'certain' }),
      finish: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0;
        let state: CircuitState | undefined;
        const running: boolean[] = [];
        for (const { wait, end, finish } of steps) {
          now += wait;
          const answer = askCircuit(BREAKER, state, now);
          if (!answer.refuse) {
            state = answer.next ?? state;
            running.push(answer.probe);
          }
          const tried = state?.kind === 'half_open' ? state.probing + state.succeeded : 0;
          expect(tried).toBeLessThanOrEqual(BREAKER.probes);
          const probe = finish ? running.shift() : undefined;
          if (probe !== undefined) {
            state = tellCircuit(BREAKER, state, { probe, outcome: end, nowMillis: now });
          }
        }
        const later = askCircuit(BREAKER, state, now + BREAKER.openMillis);
        expect(later.refuse).toBe(false);
      }),
    );
  });
});

function nextOf(answer: ReturnType<typeof askCircuit>): CircuitState | undefined {
  return answer.refuse ? undefined : answer.next;
}
