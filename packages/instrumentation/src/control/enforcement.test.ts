import type { CompiledPolicy } from '@aftertrace/policy';
import { expect, test } from 'vitest';

import { createInFlightCalls } from '../guard/in-flight.ts';
import { containment } from '../testing/guard-fixture.ts';
import { createEnforcement } from './enforcement.ts';

const policy = (revision: number): CompiledPolicy => ({ name: 'p', revision }) as CompiledPolicy;
const bundle = (revision: number) => () =>
  Promise.resolve({ ok: true as const, policy: policy(revision) });

function start(clock = { now: 0 }) {
  const inFlight = createInFlightCalls();
  return { inFlight, clock, enforcement: createEnforcement({ inFlight, now: () => clock.now }) };
}

test('a containment is in force before the policy beside it is compiled, and counts what it aborts', async () => {
  const { enforcement, inFlight, clock } = start();
  const call = inFlight.enter({ agent: 'a', tool: 'refund', arguments: {} }, undefined);
  const compiled = Promise.withResolvers<{ ok: true; policy: CompiledPolicy }>();
  const applied = enforcement.apply([containment()], () => compiled.promise);
  expect(enforcement.current().containments).toHaveLength(1);
  expect(call.signal.aborted).toBe(true);
  expect(call.stoppedBy()?.id).toBe('ctn_1');
  clock.now = 70;
  compiled.resolve({ ok: true, policy: policy(1) });
  expect(await applied).toEqual({
    inForceSinceMillis: 70,
    containments: [
      { id: 'ctn_1', aborted: 1, stopped: [{ what: 'tool', agent: 'a', tool: 'refund' }] },
    ],
    refused: undefined,
  });
});

test('a containment that is known already aborts nothing new', async () => {
  const { enforcement, inFlight } = start();
  await enforcement.apply([containment({ inFlight: 'finish' })], undefined);
  inFlight.enter({ agent: 'a', tool: 'refund', arguments: {} }, undefined);
  const again = await enforcement.apply([containment({ inFlight: 'abort' })], undefined);
  expect(again.containments).toEqual([{ id: 'ctn_1', aborted: 0 }]);
});

test('a bad bundle changes nothing about the policy, and the containments beside it hold', async () => {
  const { enforcement } = start();
  await enforcement.apply([], bundle(4));
  const bad = { ok: false as const, revision: 5, problems: ['no'] };
  const applied = await enforcement.apply([containment()], () => Promise.resolve(bad));
  expect(applied.refused).toEqual({ policyRevision: 5, problems: ['no'] });
  expect(enforcement.current().policy?.revision).toBe(4);
  expect(enforcement.current().containments).toHaveLength(1);
});

test('an older revision is refused', async () => {
  const { enforcement } = start();
  await enforcement.apply([], bundle(4));
  const applied = await enforcement.apply([], bundle(3));
  expect(applied.refused?.policyRevision).toBe(3);
  expect(enforcement.current().policy?.revision).toBe(4);
});

test('a restored policy gives way to what comes next, older or none', async () => {
  const { enforcement } = start();
  await enforcement.restore([containment()], bundle(9));
  expect(enforcement.current()).toMatchObject({ policy: { revision: 9 } });
  expect(enforcement.current().containments).toHaveLength(1);
  expect((await enforcement.apply([], bundle(2))).refused).toBeUndefined();
  expect(enforcement.current()).toMatchObject({ policy: { revision: 2 }, containments: [] });
  expect((await enforcement.apply([], bundle(1))).refused?.policyRevision).toBe(1);
  const { enforcement: other } = start();
  await other.restore([], bundle(9));
  await other.apply([], undefined);
  expect(other.current().policy).toBeUndefined();
});

test('what is closed opens when the first state is in force as a whole', async () => {
  const { enforcement } = start();
  enforcement.close('not yet');
  const compiled = Promise.withResolvers<{ ok: true; policy: CompiledPolicy }>();
  const applied = enforcement.apply([], () => compiled.promise);
  expect(enforcement.current().closed).toBe('not yet');
  compiled.resolve({ ok: true, policy: policy(1) });
  await applied;
  expect(enforcement.current().closed).toBeUndefined();
});

test('what was in force for a decision that has begun does not change under it', async () => {
  const { enforcement } = start();
  const before = enforcement.current();
  await enforcement.apply([containment()], bundle(1));
  expect(before).toEqual({ policy: undefined, containments: [] });
  expect(Object.isFrozen(enforcement.current())).toBe(true);
});
