import type { Ledger } from '@aftertrace/ledger';
import type { Actor } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { answerApproval, requestApproval } from './approval-actions.ts';
import { acknowledge, contain, release } from './containment-actions.ts';
import { readEntry } from './audit-data.ts';
import type { ControlCore } from './control-core.ts';
import { receiveEvidence } from './evidence-actions.ts';
import { messagesFor } from './messages-for.ts';
import { switchPlan } from './plan-actions.ts';
import { publishPolicy } from './policy-actions.ts';
import { holdCall, reviewHeld } from './quarantine-actions.ts';
import { advanceRollbacks, requestRollback } from './rollback-actions.ts';
import { sweep } from './sweep.ts';
import { decision } from './testing/fixtures.ts';
import { memoryLedger, newWorld, startCore, type World } from './testing/memory-core.ts';

const actor: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };

const id = fc.integer({ min: 1, max: 4 });
const instance = fc.constantFrom('i-1', 'i-2');
const step = fc.oneof(
  fc.record({
    do: fc.constant('contain' as const),
    instance,
    ttlMillis: fc.integer({ min: 1, max: 20_000 }),
  }),
  fc.record({ do: fc.constant('release' as const), id, shadowFirst: fc.boolean() }),
  fc.record({ do: fc.constant('plan' as const), on: fc.boolean() }),
  fc.record({ do: fc.constant('ack' as const), instance, ids: fc.array(id), aborted: fc.nat(3) }),
  fc.record({ do: fc.constant('publish' as const), rules: fc.constantFrom([], [{ id: 'Bad' }]) }),
  fc.record({ do: fc.constant('ask' as const), id, instance, resumable: fc.boolean() }),
  fc.record({ do: fc.constant('hold' as const), id, instance, late: fc.boolean() }),
  fc.record({ do: fc.constant('review' as const), id, release: fc.boolean() }),
  fc.record({
    do: fc.constant('effect' as const),
    seq: fc.nat(8),
    instance,
    outside: fc.boolean(),
  }),
  fc.record({ do: fc.constant('undo' as const), dryRun: fc.boolean() }),
  fc.record({ do: fc.constant('deliver' as const), instance }),
  fc.record({ do: fc.constant('outcome' as const), seq: fc.nat(8), instance, good: fc.boolean() }),
  fc.record({ do: fc.constant('answer' as const), id, modify: fc.boolean() }),
  fc.record({
    do: fc.constant('evidence' as const),
    instance,
    seqs: fc.array(fc.nat(8), { minLength: 1 }),
  }),
  fc.record({ do: fc.constant('wait' as const), millis: fc.integer({ min: 0, max: 10_000 }) }),
  fc.record({ do: fc.constant('disk' as const), failing: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function run(core: ControlCore, world: World, now: Step): Promise<unknown> {
  const reason = 'a reason';
  switch (now.do) {
    case 'contain': {
      core.registry.polled(now.instance, 'support');
      const { ttlMillis } = now;
      return contain(core, { kind: 'kill', scope: 'global', reason, actor, ttlMillis });
    }
    case 'release':
      return release(core, { id: `ctn_${now.id}`, actor, reason, shadowFirst: now.shadowFirst });
    case 'plan':
      return switchPlan(core, { id: 'refunds', on: now.on, actor, reason });
    case 'ack':
      return acknowledge(core, {
        instance: now.instance,
        agent: 'support',
        revision: core.model.revision,
        inForceSince: core.timestamp(),
        policyRevision: core.model.policy?.bundle.revision ?? 0,
        compensates: ['refund'],
        containments: now.ids.map((one) => ({ id: `ctn_${one}`, aborted: now.aborted })),
      });
    case 'publish':
      return publishPolicy(core, { name: 'p', rules: now.rules, actor, reason });
    case 'ask':
      return requestApproval(core, {
        id: `apr_${now.id}`,
        instance: now.instance,
        agent: 'support',
        tool: 'refund',
        arguments: { amount: 1 },
        actionDigest: 'sha256:0',
        requestedAt: core.timestamp(),
        expiresAt: new Date(world.nowMillis + 8_000).toISOString(),
        ...(now.resumable ? { resumable: true as const } : {}),
      });
    case 'hold':
      world.ids += 1;
      return holdCall(core, {
        id: `qtn_${world.ids}`,
        instance: now.instance,
        agent: 'support',
        tool: 'refund',
        arguments: { amount: now.id },
        actionDigest: `sha256:${now.id}`,
        requestedAt: core.timestamp(),
        ...(now.late ? { late: true as const } : {}),
      });
    case 'review': {
      const held = core.model.quarantine.list().at(now.id - 1);
      if (held === undefined) return undefined;
      const decision = now.release ? ('release' as const) : ('discard' as const);
      return reviewHeld(core, {
        id: held.request.id,
        decision,
        actor,
        reason,
        ttlMillis: 5_000,
      });
    }
    case 'effect': {
      core.registry.polled(now.instance, 'support');
      const data = {
        id: `eff_${now.instance}_${now.seq}`,
        at: core.timestamp(),
        agent: 'support',
        tool: 'refund',
        reversibility: now.outside ? 'externally_reversible' : 'reversible',
        compensable: true,
        actionDigest: 'sha256:0',
        run: 'run_1',
      };
      const records = [{ seq: now.seq, type: 'effect', data }];
      return receiveEvidence(core, { instance: now.instance, agent: 'support', records });
    }
    case 'undo': {
      const { dryRun } = now;
      const order = { scope: { run: 'run_1' }, actor, reason, dryRun, confirmed: [] };
      await requestRollback(core, order);
      return advanceRollbacks(core).catch(() => undefined); // The disk may be failing.
    }
    case 'deliver':
      return messagesFor(core, now.instance);
    case 'outcome': {
      const override = [...core.model.openOverrides].find(
        ([, open]) => open.instance === now.instance,
      )?.[0];
      if (override === undefined) return undefined;
      const status = now.good ? 'succeeded' : 'failed';
      const data = { override, status, at: core.timestamp() };
      const records = [{ seq: now.seq, type: 'override.outcome', data }];
      await receiveEvidence(core, { instance: now.instance, agent: 'support', records });
      return advanceRollbacks(core).catch(() => undefined); // The disk may be failing.
    }
    case 'answer': {
      const change = now.modify
        ? { decision: 'modify' as const, arguments: { amount: 2 } }
        : { decision: 'reject' as const };
      return answerApproval(core, { id: `apr_${now.id}`, actor, reason, ...change });
    }
    case 'evidence': {
      const records = now.seqs.map((seq) => ({ seq, type: 'decision', data: decision() }));
      return receiveEvidence(core, { instance: now.instance, agent: 'support', records });
    }
    case 'wait':
      world.nowMillis += now.millis;
      return sweep(core).catch(() => undefined); // The disk may be failing.
    case 'disk':
      world.failing = now.failing;
      return undefined;
  }
}

test('whatever people, agents, time and the disk do, reading the ledger back gives the same state', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 25 }),
      async (rounds) => {
        const nowMillis = Date.parse('2026-11-22T10:00:00.000Z');
        const world = newWorld(nowMillis);
        const ledger = memoryLedger(() => world.failing);
        const core = startCore(world, ledger);
        let revision = 0;
        for (const round of rounds) {
          await Promise.all(round.map(async (now) => run(core, world, now)));
          expect(core.model.revision).toBeGreaterThanOrEqual(revision);
          revision = core.model.revision;
        }
        world.failing = false;
        await core.unsealed.seal();
        const again = startCore(world, ledger);
        await again.replay();
        expect(again.model).toEqual(core.model);
        await expectEachOnce(ledger);
      },
    ),
    { numRuns: 300 },
  );
});

/** One answer a question, one retry a release, one success in undoing an effect. */
async function expectEachOnce(ledger: Ledger): Promise<void> {
  const done: string[] = [];
  const undoing = new Map<string, string>();
  for await (const sealed of ledger.entries()) {
    const entry = readEntry(sealed);
    if (entry?.type === 'override') {
      const { approval, override } = entry.data;
      if (approval !== undefined) done.push(`answer ${approval}`);
      if (override.effect !== undefined) undoing.set(override.id, override.effect);
    }
    if (entry?.type === 'quarantine.retried') done.push(`retry ${entry.data.override}`);
    if (entry?.type === 'approval.delivered') done.push(`delivery ${entry.data.approval}`);
    if (entry?.type === 'override.outcome' && entry.data.status === 'succeeded') {
      const undone = undoing.get(entry.data.override);
      if (undone !== undefined) done.push(`undone ${undone}`);
      undoing.delete(entry.data.override);
    }
  }
  expect(done).toEqual([...new Set(done)]);
}
