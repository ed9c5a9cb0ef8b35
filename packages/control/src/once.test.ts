import { isDeepStrictEqual } from 'node:util';

import type { Ledger } from '@aftertrace/ledger';
import type { Actor, ApprovalAnswer, CompensationOrder } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { answerApproval, requestApproval } from './approval-actions.ts';
import { carriedEntries } from './carried-entries.ts';
import type { ControlCore } from './control-core.ts';
import { receiveEvidence } from './evidence-actions.ts';
import { messagesFor } from './messages-for.ts';
import { holdCall, reviewHeld } from './quarantine-actions.ts';
import { advanceRollbacks, requestRollback } from './rollback-actions.ts';
import { sweep } from './sweep.ts';
import { openMatters } from './testing/open-matters.ts';
import { memoryLedger, newWorld, startCore } from './testing/memory-core.ts';

const actor: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };
const reason = 'a reason';

const which = fc.integer({ min: 1, max: 2 });
const step = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), which }),
  fc.record({ do: fc.constant('answer' as const) }),
  fc.record({ do: fc.constant('propose' as const), which }),
  fc.record({ do: fc.constant('release' as const), which }),
  fc.record({ do: fc.constant('effect' as const) }),
  fc.record({ do: fc.constant('undo' as const) }),
  fc.record({ do: fc.constant('read' as const), reports: fc.boolean(), works: fc.boolean() }),
  fc.record({ do: fc.constant('crash' as const) }),
  fc.record({ do: fc.constant('restart companion' as const) }),
  fc.record({ do: fc.constant('remove' as const), part: fc.nat(10) }),
  fc.record({ do: fc.constant('wait' as const), millis: fc.constantFrom(1_000, 4_000, 20_000) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One agent, process after process, and its companion, start after start. */
class Story {
  readonly world = newWorld(Date.parse('2026-11-22T10:00:00.000Z'));
  readonly ledger: Ledger = memoryLedger(() => false);
  core: ControlCore = startCore(this.world, this.ledger);
  /** What ran, by the override that let it; what was undone, by its effect. */
  readonly ran = new Map<string, number>();
  readonly undone = new Map<string, number>();
  #process = 1;
  #seq = 0;
  #waiting = new Map<string, number>();
  #ordersSeen = new Set<string>();
  #disconnect: () => void;

  constructor() {
    this.#disconnect = this.#connect();
  }

  #connect(): () => void {
    const disconnect = this.core.registry.connected(this.#instance, 'support');
    this.core.registry.acknowledged({
      instance: this.#instance,
      agent: 'support',
      revision: 0,
      inForceSince: this.core.timestamp(),
      containments: [],
      compensates: ['refund'],
    });
    return disconnect;
  }

  get #instance(): string {
    return `i-${this.#process}`;
  }

  async take(now: Step): Promise<void> {
    switch (now.do) {
      case 'ask':
        return this.#ask(now.which);
      case 'answer': {
        const open = [...this.core.model.approvals.values()].findLast(
          ({ state }) => state === 'pending',
        );
        const id = open?.request.id ?? 'none';
        await answerApproval(this.core, { id, decision: 'approve', actor, reason });
        return;
      }
      case 'propose':
        return this.#propose(now.which);
      case 'release': {
        const held = this.core.model.quarantine.ofAction({
          agent: 'support',
          actionDigest: `sha256:q${now.which}`,
        });
        const id = held?.request.id ?? 'none';
        await reviewHeld(this.core, { id, decision: 'release', actor, reason, ttlMillis: 10_000 });
        return;
      }
      case 'effect':
        return this.#effect();
      case 'undo': {
        const scope = { run: 'run_1' };
        await requestRollback(this.core, { scope, actor, reason, dryRun: false, confirmed: [] });
        return advanceRollbacks(this.core);
      }
      case 'read':
        return this.#read(now);
      case 'crash':
        return this.#crash();
      case 'restart companion':
        this.core = startCore(this.world, this.ledger);
        await this.core.replay();
        this.core.startedAtMillis = this.world.nowMillis;
        this.#disconnect = this.#connect();
        return advanceRollbacks(this.core);
      case 'remove':
        return this.#remove(now.part);
      case 'wait':
        this.world.nowMillis += now.millis;
        await sweep(this.core);
        return advanceRollbacks(this.core);
    }
  }

  /** Retention takes a part of the log: what is open is the same after it, to the companion and to the next one. */
  async #remove(part: number): Promise<void> {
    const before = openMatters(this.core.model, this.world.nowMillis);
    const all = await seqsIn(this.ledger);
    const through = all[Math.floor(((all.length - 1) * part) / 10)];
    if (through === undefined) return;
    await this.ledger.trim({ through, actor, policy: {}, carry: carriedEntries });
    await this.take({ do: 'restart companion' });
    const after = openMatters(this.core.model, this.world.nowMillis);
    if (!isDeepStrictEqual(after, before))
      throw new Error(`lost: ${JSON.stringify({ before, after })}`);
  }

  async #ask(call: number): Promise<void> {
    this.world.ids += 1;
    const id = `apr_${this.world.ids}`;
    this.#waiting.set(id, call);
    await requestApproval(this.core, {
      id,
      instance: this.#instance,
      agent: 'support',
      tool: 'refund',
      arguments: { call },
      actionDigest: `sha256:a${call}`,
      resumable: true,
      requestedAt: this.core.timestamp(),
      expiresAt: new Date(this.world.nowMillis + 30_000).toISOString(),
    });
  }

  async #propose(call: number): Promise<void> {
    this.world.ids += 1;
    const answer = await holdCall(this.core, {
      id: `qtn_${this.world.ids}`,
      instance: this.#instance,
      agent: 'support',
      tool: 'mail',
      arguments: { call },
      actionDigest: `sha256:q${call}`,
      requestedAt: this.core.timestamp(),
    });
    if (answer.ok && answer.value.released !== undefined) count(this.ran, answer.value.released.id);
  }

  async #effect(): Promise<void> {
    this.world.ids += 1;
    await this.#prove('effect', {
      id: `eff_${this.world.ids}`,
      at: this.core.timestamp(),
      agent: 'support',
      tool: 'refund',
      reversibility: 'reversible',
      compensable: true,
      actionDigest: 'sha256:e',
      run: 'run_1',
    });
  }

  async #prove(type: string, data: object): Promise<void> {
    const records = [{ seq: this.#seq, type, data }];
    this.#seq += 1;
    await receiveEvidence(this.core, { instance: this.#instance, agent: 'support', records });
  }

  /** The process reads its stream and acts; it may die before it says so. */
  async #read({
    reports,
    works,
  }: {
    readonly reports: boolean;
    readonly works: boolean;
  }): Promise<void> {
    for (const { event, id, data } of await messagesFor(this.core, this.#instance)) {
      if (event === 'approval') {
        const { approval } = data as ApprovalAnswer;
        if (!this.#waiting.delete(approval)) continue;
        count(this.ran, id);
      } else {
        if (this.#ordersSeen.has(id)) continue;
        this.#ordersSeen.add(id);
        if (works) count(this.undone, (data as CompensationOrder).effect.id);
      }
      const status = works ? 'succeeded' : 'failed';
      const at = this.core.timestamp();
      if (reports) await this.#prove('override.outcome', { override: id, status, at });
    }
    await advanceRollbacks(this.core);
  }

  /** The next process goes on with the run: it asks again what was open. */
  async #crash(): Promise<void> {
    this.#disconnect();
    this.#process += 1;
    this.#seq = 0;
    this.#ordersSeen.clear();
    this.#disconnect = this.#connect();
    const open = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const call of open) await this.#ask(call);
  }
}

async function seqsIn(ledger: Ledger): Promise<readonly number[]> {
  const seqs: number[] = [];
  for await (const { seq } of ledger.entries()) seqs.push(seq);
  return seqs;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

test('whatever crashes and when, an approval, a release and an undoing take effect at most once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const story = new Story();
      for (const now of steps) await story.take(now);
      for (const [override, times] of story.ran) expect([override, times]).toEqual([override, 1]);
      for (const [effect, times] of story.undone) expect([effect, times]).toEqual([effect, 1]);
    }),
    { numRuns: 300 },
  );
});
