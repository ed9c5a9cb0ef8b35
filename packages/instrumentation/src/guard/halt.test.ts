import type { Containment } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';

import type { Scope } from '../spans/scope.ts';
import {
  containment,
  createGuardFixture,
  newScope,
  override,
  rule,
} from '../testing/guard-fixture.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';
import { coversRun, createInFlightCalls, subjectOf } from './in-flight.ts';

const sdk = startRecordingSdk();
beforeEach(() => sdk.reset());

const kill = containment({ kind: 'kill', scope: { agent: 'support' } });

/** A scope whose invocation is under way. */
function started(fixture: ReturnType<typeof createGuardFixture>, scope: Scope): Scope {
  const halt = fixture.guard.startRun(scope, undefined);
  return { ...scope, halt };
}

test.each<[Partial<Containment>, boolean]>([
  [{}, true],
  [{ kind: 'retire' }, true],
  [{ scope: 'global' }, true],
  [{ scope: { run: 'run-1' } }, true],
  [{ kind: 'revoke' }, false],
  [{ kind: 'quarantine' }, false],
  [{ mode: 'shadow' }, false],
  [{ scope: { agent: 'other' } }, false],
  [{ scope: { agent: 'support', tool: 'refund' } }, false],
  [{ scope: { agent: 'support', capability: 'pay' } }, false],
  [{ expiresAt: '2026-11-23T09:59:59.000Z' }, false],
])('a containment %j ends runs as a whole: %s', (more, expected) => {
  const nowMillis = Date.parse('2026-11-23T10:00:00.000Z');
  expect(coversRun({ ...kill, ...more }, subjectOf(newScope()), nowMillis)).toBe(expected);
});

describe('a kill', () => {
  test('stops a run between its calls, says so, and admits no step of it ever again', async () => {
    const fixture = createGuardFixture();
    const scope = started(fixture, newScope());
    expect(fixture.guard.admitStep(scope)).toBeUndefined();
    await fixture.enforce([], [kill]);
    expect(scope.halt?.signal.aborted).toBe(true);
    expect(scope.run.terminatedBy).toBe('ctn_1');
    await fixture.enforce([], []);
    expect(() => fixture.guard.admitStep(scope)).toThrow(
      expect.objectContaining({ code: 'run_stopped' }) as Error,
    );
    const attempt = fixture.guard.call(fixture.call({ scope }), { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
    expect(fixture.guard.admitStep(newScope())).toBeUndefined();
  });

  test('stops a run that starts under it', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([], [kill]);
    const scope = started(fixture, newScope());
    expect(scope.halt?.stoppedBy()?.id).toBe('ctn_1');
    expect(scope.halt?.signal.aborted).toBe(true);
  });

  test('of an outer agent stops the one inside it; of an inner one leaves the outer running', async () => {
    const fixture = createGuardFixture();
    const outer = started(fixture, newScope());
    const inner = started(fixture, { ...outer, agent: { name: 'researcher' } });
    await fixture.enforce([], [{ ...kill, scope: { agent: 'researcher' } }]);
    expect([inner.halt?.signal.aborted, outer.halt?.signal.aborted]).toEqual([true, false]);
    expect(outer.run.terminatedBy).toBeUndefined();
    const second = started(fixture, { ...outer, agent: { name: 'writer' } });
    await fixture.enforce([], [{ ...kill, id: 'ctn_2' }]);
    expect(second.halt?.stoppedBy()?.id).toBe('ctn_2');
    expect(outer.run.terminatedBy).toBe('ctn_2');
    const call = fixture.call({ scope: second });
    const attempt = fixture.guard.call(call, { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
    expect(fixture.evidence.at(-1)).toMatchObject({
      data: { source: 'containment', containment: 'ctn_2', executed: false },
    });
  });

  test('of a tool ends the run that calls it, once the refusal is recorded', async () => {
    const fixture = createGuardFixture();
    const scope = started(fixture, newScope());
    await fixture.enforce([], [{ ...kill, scope: { tool: 'refund' } }]);
    expect(scope.halt?.signal.aborted).toBe(false);
    const attempt = fixture.guard.call(fixture.call({ scope }), { execute: () => 'ran' });
    await expect(attempt).rejects.toMatchObject({ code: 'call_refused' });
    expect(sdk.span('execute_tool refund').attributes['aftertrace.tool.outcome']).toBe('denied');
    expect(scope.halt?.signal.aborted).toBe(true);
    expect(scope.run.terminatedBy).toBe('ctn_1');
  });

  test('ends the wait for the next part of an answer, and lets the tool know', async () => {
    const fixture = createGuardFixture();
    const { promise: never } = Promise.withResolvers<string>();
    const cleared = await fixture.guard.clear(fixture.call());
    let returned = 0;
    const parts = fixture.guard.run(cleared, {
      execute: (): AsyncIterable<unknown> => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: await never }),
          return: async () => {
            returned += 1;
            return Promise.reject(new Error('its own business'));
          },
        }),
      }),
    });
    const read = (async () => {
      for await (const part of parts) throw new Error(String(part));
    })();
    await Promise.resolve();
    await fixture.enforce([], [kill]);
    await expect(read).rejects.toMatchObject({ code: 'call_stopped' });
    expect(returned).toBe(1);
  });

  test('during a call that a person approved stops it, and the approval has one outcome', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('escalate')]);
    fixture.answer = async () => Promise.resolve({ kind: 'answered', override: override() });
    const { promise: never } = Promise.withResolvers<string>();
    const running = Promise.withResolvers<void>();
    const attempt = fixture.guard.call(fixture.call(), {
      execute: () => {
        running.resolve();
        return never;
      },
    });
    await running.promise;
    await fixture.enforce([rule('escalate')], [kill]);
    await expect(attempt).rejects.toMatchObject({ code: 'call_stopped' });
    const outcomes = fixture.evidence.filter(({ type }) => type === 'override.outcome');
    expect(outcomes).toMatchObject([{ data: { override: 'ovr_1', status: 'failed' } }]);
    expect(fixture.inFlight.size).toBe(0);
  });
});

test('the caller’s own abort is passed on, and is no kill; what has ended is not counted', () => {
  const inFlight = createInFlightCalls();
  const controller = new AbortController();
  const halt = inFlight.enterRun(newScope(), controller.signal);
  controller.abort(new Error('changed my mind'));
  expect(halt.signal.reason).toMatchObject({ message: 'changed my mind' });
  expect(halt.stoppedBy()).toBeUndefined();
  halt.end();
  expect(inFlight.abort(kill, 0)).toEqual({ count: 0, work: [] });
});

test('what is stopped is counted once: each call, and each run of which no call was under way', () => {
  const call = fc.record({ run: fc.constantFrom('a', 'b', 'c', 'd'), isOver: fc.boolean() });
  fc.assert(
    fc.property(fc.array(call), fc.array(call), (calls, runs) => {
      const inFlight = createInFlightCalls();
      const scopeOf = (id: string): Scope => {
        const scope = newScope();
        return { ...scope, run: { ...scope.run, id } };
      };
      const halts = runs.map(({ run, isOver }) => {
        const halt = inFlight.enterRun(scopeOf(run), undefined);
        if (isOver) halt.end();
        return { run, isOver, halt };
      });
      const entered = calls.map(({ run, isOver }) => {
        const one = inFlight.enter(
          { ...subjectOf(scopeOf(run)), tool: 'refund', arguments: {} },
          undefined,
        );
        if (isOver) one.done();
        return { run, isOver, one };
      });
      const { count, work } = inFlight.abort(kill, 0);
      const open = entered.filter(({ isOver }) => !isOver);
      const busy = new Set(open.map(({ run }) => run));
      const idle = new Set(
        halts.filter(({ run, isOver }) => !isOver && !busy.has(run)).map(({ run }) => run),
      );
      expect(count).toBe(open.length + idle.size);
      expect(work).toHaveLength(Math.min(count, 50));
      for (const { isOver, halt } of halts) expect(halt.signal.aborted).toBe(!isOver);
      for (const { isOver, one } of entered)
        expect(one.stoppedBy()?.id).toBe(isOver ? undefined : 'ctn_1');
    }),
  );
});
