import type { Actor } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { acknowledge, contain, release } from './containment-actions.ts';
import { containmentProgress } from './containment-progress.ts';
import type { ControlCore } from './control-core.ts';
import { progressInput, sweep } from './sweep.ts';
import { createCrashingWorld, type CrashingWorld } from './testing/crashing-world.ts';

const actor: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };
const reason = 'it pays twice';

const instance = fc.constantFrom('i-1', 'i-2', 'i-3');
const crash = fc.constantFrom(undefined, undefined, 'before' as const, 'after' as const);
const step = fc.oneof(
  fc.record({ do: fc.constant('kill' as const), crash }),
  fc.record({ do: fc.constant('release' as const), which: fc.nat(3), shadow: fc.boolean(), crash }),
  fc.record({ do: fc.constant('connect' as const), instance }),
  fc.record({ do: fc.constant('ack' as const), instance, aborted: fc.nat(2), crash }),
  fc.record({ do: fc.constant('seal' as const), crash }),
  fc.record({ do: fc.constant('sweep' as const), millis: fc.nat(10_000), crash }),
  fc.record({ do: fc.constant('disk' as const), full: fc.boolean() }),
  fc.constant({ do: 'disk' as const, full: true }),
  fc.record({ do: fc.constant('restart' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What the people outside know: what they were told is done. */
interface Known {
  readonly ordered: string[];
  readonly released: Set<string>;
  /** Releases that were under way when the companion died: either is right. */
  readonly doubtful: Set<string>;
  /** What each process has acknowledged, by containment. */
  readonly proven: Map<string, Set<string>>;
}

class Machine {
  readonly world: CrashingWorld = createCrashingWorld();
  readonly known: Known = {
    ordered: [],
    released: new Set(),
    doubtful: new Set(),
    proven: new Map(),
  };
  core: ControlCore | undefined;

  /** Runs an action; if the companion dies in it, nobody gets an answer, and it starts again. */
  async #attempt<T>(
    action: (core: ControlCore) => Promise<T>,
    crash: 'before' | 'after' | undefined,
  ): Promise<T | undefined> {
    const core = await this.#booted();
    this.world.crash = crash;
    const result = await Promise.race([
      action(core),
      this.world.died().then(() => 'died' as const),
    ]);
    this.world.crash = undefined;
    if (result !== 'died') return result;
    this.core = await this.world.boot();
    return undefined;
  }

  async #booted(): Promise<ControlCore> {
    this.core ??= await this.world.boot();
    return this.core;
  }

  async run(now: Step): Promise<void> {
    const { known, world } = this;
    const core = await this.#booted();
    switch (now.do) {
      case 'kill': {
        const order = { kind: 'kill', scope: 'global', reason, actor } as const;
        const result = await this.#attempt(async (on) => contain(on, order), now.crash);
        if (result?.ok === true) known.ordered.push(result.value.id);
        return;
      }
      case 'release': {
        const id = known.ordered[now.which];
        if (id === undefined) return;
        const request = { id, actor, reason, shadowFirst: now.shadow };
        const result = await this.#attempt(async (on) => release(on, request), now.crash);
        if (now.shadow) return;
        if (result === undefined) known.doubtful.add(id);
        else if (result.ok) known.released.add(id);
        return;
      }
      case 'connect':
        core.registry.polled(now.instance, 'support');
        return;
      case 'ack': {
        // What a process has in force is what it was told: the state of this moment.
        const ids = core.model.active(world.nowMillis).map(({ containment }) => containment.id);
        for (const id of ids) {
          known.proven.set(id, (known.proven.get(id) ?? new Set()).add(now.instance));
        }
        const ack = {
          instance: now.instance,
          agent: 'support',
          revision: core.model.revision,
          inForceSince: core.timestamp(),
          containments: ids.map((id) => ({ id, aborted: now.aborted })),
        };
        await this.#attempt(async (on) => acknowledge(on, ack), now.crash);
        return;
      }
      case 'seal':
        await this.#attempt(async (on) => on.unsealed.seal().catch(() => undefined), now.crash);
        return;
      case 'sweep':
        world.nowMillis += now.millis;
        await this.#attempt(async (on) => sweep(on).catch(() => undefined), now.crash);
        return;
      case 'disk':
        world.isFull = now.full;
        return;
      case 'restart':
        this.core = await world.boot();
        return;
    }
  }

  /** Nothing that a person was told is done may be otherwise, whatever died in between. */
  async check(): Promise<void> {
    const core = await this.#booted();
    const { known, world } = this;
    const standing = core.model.active(world.nowMillis).map(({ containment }) => containment.id);
    for (const id of known.ordered) {
      if (known.released.has(id)) expect(standing).not.toContain(id);
      else if (!known.doubtful.has(id)) expect(standing).toContain(id);
    }
    const live = new Set(core.registry.live().map((one) => one.instance));
    for (const record of core.model.containments.values()) {
      const progress = containmentProgress(progressInput(core, record));
      const { id, effective } = progress.containment;
      for (const effect of effective) {
        expect(known.proven.get(id)).toContain(effect.instance);
      }
      if (progress.state !== 'effective') continue;
      const has = new Set(effective.map((effect) => effect.instance));
      expect([...live].filter((one) => !has.has(one))).toEqual([]);
      expect(live.size).toBeGreaterThan(0);
    }
  }

  /** With room on the disk, the ledger holds each order once, before everything about it, and gives the same state. */
  async checkLedger(): Promise<void> {
    const core = await this.#booted();
    this.world.isFull = false;
    await core.unsealed.seal();
    const about = new Map<string, string[]>();
    for (const { type, data } of this.world.entries) {
      const { containment } = data as { containment: string | { id: string } };
      if (!type.startsWith('containment.')) continue;
      const id = typeof containment === 'string' ? containment : containment.id;
      about.set(id, [...(about.get(id) ?? []), type]);
    }
    for (const id of this.known.ordered) expect(about.has(id)).toBe(true);
    for (const types of about.values()) {
      expect(types[0]).toBe('containment.requested');
      expect(types.filter((type) => type === 'containment.requested')).toHaveLength(1);
      expect(types.filter((type) => type === 'containment.released').length).toBeLessThan(2);
      const end = types.indexOf('containment.released');
      expect(types.slice(end + 1).includes('containment.staged') && end >= 0).toBe(false);
    }
    const again = await this.world.boot();
    expect([...again.model.containments.values()]).toEqual([...core.model.containments.values()]);
    expect(again.unsealed.size()).toBe(0);
  }
}

test('a kill is neither lost nor doubled, wherever the companion dies and whatever its disk does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const machine = new Machine();
      for (const now of steps) {
        await machine.run(now);
        await machine.check();
      }
      await machine.checkLedger();
    }),
    { numRuns: 600 },
  );
});
