import { EMPTY_HEAD, type Ledger } from '@aftertrace/ledger';
import type { Actor, LedgerEntry } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { answerApproval, requestApproval } from './approval-actions.ts';
import { acknowledge, contain, release } from './containment-actions.ts';
import { createTokenBook } from './access/token-book.ts';
import { createControlCore, type ControlCore } from './control-core.ts';
import { receiveEvidence } from './evidence-actions.ts';
import { createInstanceRegistry } from './instance-registry.ts';
import { switchPlan } from './plan-actions.ts';
import { publishPolicy } from './policy-actions.ts';
import { sweep } from './sweep.ts';
import { decision } from './testing/fixtures.ts';

const actor: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };

/** A ledger in memory that refuses some of the appends, as a full disk does. */
function memoryLedger(fails: () => boolean): Ledger {
  const entries: LedgerEntry[] = [];
  return {
    append: async (input) => {
      await Promise.resolve();
      if (fails())
        throw Object.assign(new Error('full'), { [Symbol.for('aftertrace.ledger.error')]: true });
      const { hash } = EMPTY_HEAD;
      const entry: LedgerEntry = {
        ...structuredClone(input),
        seq: entries.length,
        prevHash: hash,
        hash,
      };
      entries.push(entry);
      return entry;
    },
    head: () => EMPTY_HEAD,
    entries: async function* () {
      yield* entries;
    },
    close: async () => undefined,
  };
}

interface World {
  nowMillis: number;
  failing: boolean;
}

function startCore(world: World, ledger: Ledger): ControlCore {
  const now = (): number => world.nowMillis;
  const details = new Map<string, unknown>();
  let ids = 0;
  return createControlCore({
    ledger,
    now,
    registry: createInstanceRegistry({ now, pollLivenessMillis: 1_000 }),
    details: {
      put: async (value) => {
        const id = `sha256:${JSON.stringify(value)}`;
        details.set(id, value);
        return id;
      },
      get: async (id) => details.get(id),
      destroy: async (id) => details.delete(id),
    },
    randomId: () => `${(ids += 1)}`,
    log: () => undefined,
    ackTimeoutMillis: 5_000,
    tokens: createTokenBook({
      storage: { load: async () => [], save: async () => undefined },
      ownSecret: 'a test secret',
      now: () => 0,
    }),
    separateDuties: false,
    absenceGraceMillis: 3_000,
    timers: { after: () => () => undefined },
    unguardedAgents: () => [],
    sealTimeoutMillis: 2_000,
  });
}

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
  fc.record({ do: fc.constant('ask' as const), id, instance }),
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
      });
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
        const world: World = { nowMillis: Date.parse('2026-11-22T10:00:00.000Z'), failing: false };
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
        const answers: string[] = [];
        for await (const entry of ledger.entries()) {
          if (entry.type === 'override') answers.push(String(entry.data['approval']));
        }
        expect(new Set(answers).size).toBe(answers.length);
      },
    ),
    { numRuns: 300 },
  );
});
