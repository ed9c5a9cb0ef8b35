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

/** A bundle, compiled, or why it was not. */
export type BundleResult =
  | { readonly ok: true; readonly policy: CompiledPolicy }
  | { readonly ok: false; readonly revision: number; readonly problems: readonly string[] };

/** Turns a source's bundle into a policy; loads the compiler when it is first needed. */
export type CompileBundle = () => Promise<BundleResult>;

/** The one place where what is in force changes. */
export interface Enforcement {
  current(): InForce;
  /** Containments take effect at once; the policy when it is compiled, if it is sound and not older than the present one. */
  apply(containments: readonly Containment[], bundle: CompileBundle | undefined): Promise<Applied>;
}

/** What enforcement works with. */
export interface EnforcementOptions {
  readonly inFlight: InFlightCalls;
  readonly now: () => number;
}

/** Nothing is in force at first. Each change replaces the whole, between two calls. */
export function createEnforcement({ inFlight, now }: EnforcementOptions): Enforcement {
  let inForce: InForce = Object.freeze({ policy: undefined, containments: Object.freeze([]) });
  const contain = (containments: readonly Containment[]): Ack['containments'] => {
    const known = new Set(inForce.containments.map(({ id }) => id));
    inForce = Object.freeze({ ...inForce, containments: Object.freeze([...containments]) });
    return containments.map((containment) => ({
      id: containment.id,
      aborted: known.has(containment.id) ? 0 : inFlight.abort(containment, now()),
    }));
  };
  const adopt = (result: BundleResult): Ack['refused'] => {
    if (!result.ok) return { policyRevision: result.revision, problems: [...result.problems] };
    const { policy } = result;
    const present = inForce.policy;
    if (present !== undefined && policy.revision < present.revision) {
      const problem = `revision ${policy.revision} is older than ${present.revision}, which is in force; publish it again as a new revision`;
      return { policyRevision: policy.revision, problems: [problem] };
    }
    inForce = Object.freeze({ ...inForce, policy });
    return undefined;
  };
  return {
    current: () => inForce,
    apply: async (containments, bundle) => {
      const effects = contain(containments);
      const containedAtMillis = now();
      if (bundle === undefined) {
        return { inForceSinceMillis: containedAtMillis, containments: effects, refused: undefined };
      }
      const refused = adopt(await bundle());
      return { inForceSinceMillis: now(), containments: effects, refused };
    },
  };
}
