import type { CompiledPolicy } from '@aftertrace/policy';
import type { Ack, Containment } from '@aftertrace/schema';

import type { InFlightCalls } from '../guard/in-flight.ts';
import type { InForce } from './link.ts';

/** What was put in force, for the acknowledgement. */
export interface Applied {
  /** Milliseconds since the Unix epoch: from this instant on every decision rests on it. */
  readonly inForceSinceMillis: number;
  readonly containments: Ack['containments'];
  readonly refused: Ack['refused'];
}

/** Containments that took effect, and when. */
export interface Contained {
  readonly atMillis: number;
  readonly effects: Ack['containments'];
}

/** A bundle, compiled, or why it was not. */
export type BundleResult =
  | { readonly ok: true; readonly policy: CompiledPolicy }
  | { readonly ok: false; readonly revision: number; readonly problems: readonly string[] };

/** Turns a source's bundle into a policy; loads the compiler when it is first needed. */
export type CompileBundle = () => Promise<BundleResult>;

/** The one place where what is in force changes. */
export interface Enforcement {
  current(): InForce;
  /** Containments take effect at once; what came before is replaced. */
  contain(containments: readonly Containment[]): Contained;
  /** The policy beside them takes effect when it is compiled, if it is sound and not older than the present one. */
  adopt(contained: Contained, bundle: CompileBundle | undefined): Promise<Applied>;
  /** Both: containments take effect at once; the policy when it is compiled, if it is sound and not older than the present one. */
  apply(containments: readonly Containment[], bundle: CompileBundle | undefined): Promise<Applied>;
  /**
   * As `apply`, for a state of an earlier process: what comes next replaces it, whatever its revision. Without containments
   * those in force stay.
   */
  restore(
    containments: readonly Containment[] | undefined,
    bundle: CompileBundle | undefined,
  ): Promise<Applied>;
  /** Refuses every guarded call for this reason until something is applied. */
  close(reason: string): void;
  /** The policy in force was restored. */
  isRestored(): boolean;
}

/** What enforcement works with. */
export interface EnforcementOptions {
  readonly inFlight: InFlightCalls;
  readonly now: () => number;
  /**
   * A policy holds, not only whoever governs: that none is published takes none away, and a process that was told to wait
   * waits until one is in force. Default: false.
   */
  readonly requiresPolicy?: boolean;
}

/** Nothing is in force at first. Each change replaces the whole, between two calls. */
export function createEnforcement(options: EnforcementOptions): Enforcement {
  const { inFlight, now, requiresPolicy = false } = options;
  let inForce: InForce = Object.freeze({ policy: undefined, containments: Object.freeze([]) });
  const put = (change: Partial<InForce>): void => {
    inForce = Object.freeze({ ...inForce, ...change });
  };
  let isRestored = false;
  const stop = createStopping(inFlight);
  const contain: Enforcement['contain'] = (containments) => {
    put({ containments: Object.freeze([...containments]) });
    return { effects: stop(containments, now()), atMillis: now() };
  };
  const take = (result: BundleResult): Ack['refused'] => {
    if (!result.ok) return { policyRevision: result.revision, problems: [...result.problems] };
    const { policy } = result;
    const present = isRestored ? undefined : inForce.policy;
    if (present !== undefined && isOlder(policy, present)) return tooOld(policy, present);
    put({ policy });
    return undefined;
  };
  /** Only when all of it is in force: no call may slip in between the containments and the policy. */
  const open = (): void => {
    if (inForce.closed === undefined) return;
    if (requiresPolicy && inForce.policy === undefined) return;
    put({ closed: undefined });
  };
  const adopt: Enforcement['adopt'] = async ({ effects, atMillis }, bundle) => {
    if (bundle === undefined) {
      // Whoever is there now has published none.
      if (isRestored && !requiresPolicy) put({ policy: undefined });
      open();
      return { inForceSinceMillis: atMillis, containments: effects, refused: undefined };
    }
    const refused = take(await bundle());
    if (refused === undefined) isRestored = false;
    open();
    return { inForceSinceMillis: now(), containments: effects, refused };
  };
  return {
    current: () => inForce,
    contain,
    adopt,
    apply: (containments, bundle) => adopt(contain(containments), bundle),
    restore: async (containments, bundle) => {
      const applied = await adopt(contain(containments ?? inForce.containments), bundle);
      isRestored = true;
      return applied;
    },
    close: (reason) => put({ closed: reason }),
    isRestored: () => isRestored,
  };
}

/**
 * Stops what new containments cover. What each has stopped when it came is told again with each acknowledgement, since one
 * may be lost.
 */
function createStopping(
  inFlight: InFlightCalls,
): (containments: readonly Containment[], nowMillis: number) => Ack['containments'] {
  let known = new Map<string, Ack['containments'][number]>();
  return (containments, nowMillis) => {
    const told = containments.map((containment) => {
      const { id } = containment;
      const before = known.get(id);
      if (before !== undefined) return before;
      const { count, work } = inFlight.abort(containment, nowMillis);
      return { id, aborted: count, ...(work.length === 0 ? {} : { stopped: [...work] }) };
    });
    known = new Map(told.map((effect) => [effect.id, effect]));
    return told;
  };
}

function isOlder(policy: CompiledPolicy, present: CompiledPolicy): boolean {
  return policy.revision < present.revision;
}

function tooOld(policy: CompiledPolicy, present: CompiledPolicy): NonNullable<Ack['refused']> {
  const problem = `revision ${policy.revision} is older than ${present.revision}, which is in force; publish it again as a new revision`;
  return { policyRevision: policy.revision, problems: [problem] };
}
