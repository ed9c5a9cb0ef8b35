import type { Containment, Finding, Override, WrittenTrajectory } from '@aftertrace/schema';

import { createBoundedMap } from './bounded-map.ts';
import { concerns, containmentStatus } from './containment-scope.ts';
import type { ContainmentLinkedData, IncidentFold, RunLinkedData } from './fold.ts';
import { MACHINE } from './machine.ts';
import type { Appended, IncidentStore } from './store.ts';

const MAX_REMEMBERED = 10_000;
const LIVE = new Set(['triage', 'open', 'contained', 'resolved', 'review']);

/**
 * Ties runs, containments and overrides to incidents. Runs and overrides that belong to no incident yet are remembered (those
 * of the last ten thousand runs) and linked when one of their findings opens one; a containment only answers what is there.
 */
export class Linker {
  readonly #store: IncidentStore;
  readonly #runs = createBoundedMap<RunLinkedData>(MAX_REMEMBERED);
  readonly #overrides = createBoundedMap<ReadonlyMap<string, Override>>(MAX_REMEMBERED);

  constructor(store: IncidentStore) {
    this.#store = store;
  }

  /** Runs forgotten before any of their findings came. */
  get dropped(): number {
    return this.#runs.dropped;
  }

  run(written: WrittenTrajectory): readonly Appended[] {
    const { trajectory, file, line } = written;
    const extra = trajectory.extra.aftertrace;
    const data: RunLinkedData = {
      trajectory: trajectory.trajectory_id,
      revision: extra.revision,
      file,
      line,
      outcome: extra.outcome.outcome,
      ...(extra.runId === undefined ? {} : { run: extra.runId }),
      ...(extra.conversationId === undefined ? {} : { conversation: extra.conversationId }),
    };
    for (const key of keysOf(extra.runId, extra.traceIds)) this.#runs.set(key, data);
    // Where runs have ids, two runs may share a trace: then only the id tells whose findings they are.
    const traces = extra.runId === undefined ? extra.traceIds : [];
    return this.#store.byRun(extra.runId, traces).flatMap((fold) => this.#linkRun(fold, data));
  }

  override(override: Override): readonly Appended[] {
    for (const key of keysOf(override.run, traceOf(override))) {
      const known = this.#overrides.get(key) ?? [];
      this.#overrides.set(key, new Map([...known, [override.id, override]]));
    }
    const named = override.incident === undefined ? undefined : override.incident;
    const folds = this.#store.byRun(override.run, traceOf(override));
    const byName = named === undefined ? undefined : this.#store.folds.get(named);
    return [...new Set(byName === undefined ? folds : [byName, ...folds])].flatMap((fold) =>
      this.#linkOverride(fold, override),
    );
  }

  containment(containment: Containment): readonly Appended[] {
    return [...this.#store.folds.values()]
      .filter((fold) => fold.containments.has(containment.id) || isLinkable(containment, fold))
      .flatMap((fold) => this.#linkContainment(fold, containment));
  }

  /** What was told before these findings came to their incident. */
  catchUp(fold: IncidentFold, findings: readonly Finding[]): readonly Appended[] {
    return findings.flatMap((finding) => {
      const traces = finding.evidence.flatMap(({ traceId }) =>
        traceId === undefined ? [] : [traceId],
      );
      const keys = finding.run === undefined ? keysOf(undefined, traces) : keysOf(finding.run, []);
      const runs = keys.flatMap((key) => this.#runs.get(key) ?? []);
      const overrides = keys.flatMap((key) => [...(this.#overrides.get(key)?.values() ?? [])]);
      return [
        ...runs.flatMap((data) => this.#linkRun(fold, data)),
        ...overrides.flatMap((override) => this.#linkOverride(fold, override)),
      ];
    });
  }

  #linkRun(fold: IncidentFold, data: RunLinkedData): readonly Appended[] {
    const linked = fold.trajectories.get(data.trajectory) ?? 0;
    if (linked >= data.revision) return [];
    return [this.#store.append(fold.id, { type: 'run_linked', actor: MACHINE, data })];
  }

  #linkOverride(fold: IncidentFold, override: Override): readonly Appended[] {
    const { status } = override.outcome;
    if (fold.overrides.get(override.id) === status) return [];
    const data = { id: override.id, kind: override.kind, decision: override.decision, status };
    return [this.#store.append(fold.id, { type: 'override_linked', actor: MACHINE, data })];
  }

  #linkContainment(fold: IncidentFold, containment: Containment): readonly Appended[] {
    const { id, kind, scope } = containment;
    const status = containmentStatus(containment);
    if (fold.containments.get(id)?.status === status) return [];
    const tool = scope === 'global' ? undefined : scope.tool;
    const data: ContainmentLinkedData = {
      id,
      kind,
      status,
      ...(tool === undefined ? {} : { tool }),
    };
    return [this.#store.append(fold.id, { type: 'containment_linked', actor: MACHINE, data })];
  }
}

/** A drill or a shadow containment is no response to anything. */
function isLinkable(containment: Containment, fold: IncidentFold): boolean {
  if (containment.drill || containment.mode === 'shadow' || !LIVE.has(fold.state)) return false;
  return concerns(containment, fold);
}

function keysOf(run: string | undefined, traces: readonly string[]): readonly string[] {
  return [...(run === undefined ? [] : [`run ${run}`]), ...traces.map((trace) => `trace ${trace}`)];
}

function traceOf(override: Override): readonly string[] {
  return override.traceId === undefined ? [] : [override.traceId];
}
