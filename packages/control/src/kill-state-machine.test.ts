import { isDeepStrictEqual } from 'node:util';

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

  /** What is otherwise than a person was told, whatever died in between; nothing. */
  async broken(): Promise<readonly string[]> {
    const core = await this.#booted();
    const { known, world } = this;
    const promises = createPromises();
    const standing = core.model.active(world.nowMillis).map(({ containment }) => containment.id);
    for (const id of known.ordered) {
      if (known.released.has(id)) promises.must(!standing.includes(id), `${id} is released`);
      else if (!known.doubtful.has(id)) promises.must(standing.includes(id), `${id} stands`);
    }
    const live = core.registry.live().map((one) => one.instance);
    for (const record of core.model.containments.values()) {
      const progress = containmentProgress(progressInput(core, record));
      const { id, effective } = progress.containment;
      const has = new Set(effective.map((effect) => effect.instance));
      const proven = known.proven.get(id) ?? new Set();
      promises.must(
        [...has].every((one) => proven.has(one)),
        `what ${id} shows was proven`,
      );
      if (progress.state !== 'effective') continue;
      promises.must(live.length > 0, `somebody is there for ${id}`);
      promises.must(
        live.every((one) => has.has(one)),
        `${id} is proven by every live process`,
      );
    }
    return promises.broken;
  }

  /** With room on the disk, the ledger holds each order once, before everything about it, and gives the same state. */
  async brokenInLedger(): Promise<readonly string[]> {
    const core = await this.#booted();
    this.world.isFull = false;
    await core.unsealed.seal();
    const promises = createPromises();
    const about = entriesByContainment(this.world);
    for (const id of this.known.ordered) promises.must(about.has(id), `${id} is in the ledger`);
    for (const [id, types] of about) {
      const count = (type: string): number => types.filter((one) => one === type).length;
      promises.must(types[0] === 'containment.requested', `the order comes first for ${id}`);
      promises.must(count('containment.requested') === 1, `${id} was ordered once`);
      promises.must(count('containment.released') < 2, `${id} was released once`);
      const end = types.indexOf('containment.released');
      const isOver = end < 0 || !types.slice(end).includes('containment.staged');
      promises.must(isOver, `no step of a release follows that of ${id}`);
    }
    const again = await this.world.boot();
    promises.must(
      isDeepStrictEqual(again.model.containments, core.model.containments),
      'the ledger gives the same state',
    );
    promises.must(again.unsealed.size() === 0, 'nothing waits to be sealed');
    return promises.broken;
  }
}

interface Promises {
  readonly must: (holds: boolean, what: string) => void;
  readonly broken: readonly string[];
}

function createPromises(): Promises {
  const broken: string[] = [];
  return {
    broken,
    must: (holds, what) => {
      if (!holds) broken.push(what);
    },
  };
}

function entriesByContainment({ entries }: CrashingWorld): ReadonlyMap<string, readonly string[]> {
  const about = new Map<string, string[]>();
  for (const { type, data } of entries) {
    if (!type.startsWith('containment.')) continue;
    const { containment } = data as { containment: string | { id: string } };
    const id = typeof containment === 'string' ? containment : containment.id;
    about.set(id, [...(about.get(id) ?? []), type]);
  }
  return about;
}

test('a kill is neither lost nor doubled, wherever the companion dies and whatever its disk does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const machine = new Machine();
      for (const now of steps) {
        await machine.run(now);
        expect(await machine.broken()).toEqual([]);
      }
      expect(await machine.brokenInLedger()).toEqual([]);
    }),
    { numRuns: 600 },
  );
});
