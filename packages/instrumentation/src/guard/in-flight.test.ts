import type { ProposedCall } from '@aftertrace/policy';
import { describe, expect, test } from 'vitest';

import { containment } from '../testing/guard-fixture.ts';
import { createInFlightCalls } from './in-flight.ts';

const REFUND: ProposedCall = { agent: 'support', tool: 'refund', arguments: {} };

describe('the signal of a call under way', () => {
  test('is aborted already where it is asked for after a containment has stopped the call', () => {
    const inFlight = createInFlightCalls();
    const call = inFlight.enter(REFUND, undefined);
    inFlight.abort(containment(), 0);
    expect(call.signal.aborted).toBe(true);
    expect(call.signal.reason).toMatchObject({ name: 'AbortError' });
  });

  test('is aborted already where it is asked for after the caller has given up', () => {
    const caller = new AbortController();
    const call = createInFlightCalls().enter(REFUND, caller.signal);
    caller.abort(new Error('changed my mind'));
    expect(call.signal.reason).toMatchObject({ message: 'changed my mind' });
  });

  test('follows the caller until the call is over, and is one and the same', () => {
    const inFlight = createInFlightCalls();
    const caller = new AbortController();
    const [one, other] = [
      inFlight.enter(REFUND, caller.signal),
      inFlight.enter(REFUND, caller.signal),
    ];
    const { signal } = one;
    expect([one.signal, other.signal.aborted]).toEqual([signal, false]);
    other.done();
    caller.abort();
    expect([signal.aborted, other.signal.aborted]).toEqual([true, false]);
  });

  test('does not keep a containment from stopping a call that its caller gave up before', async () => {
    const inFlight = createInFlightCalls();
    const caller = new AbortController();
    const call = inFlight.enter(REFUND, caller.signal);
    const stopped = Promise.withResolvers<boolean>();
    call.onStop(() => stopped.resolve(call.signal.aborted));
    caller.abort();
    expect(inFlight.abort(containment(), 0).count).toBe(1);
    expect(await stopped.promise).toBe(true);
  });
});
