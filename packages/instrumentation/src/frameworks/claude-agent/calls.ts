import type { Clearance, Refusal } from '../../guard/clearance.ts';
import { EndedByFramework, type EndRule } from '../../guard/ended-by-framework.ts';
import type { LateAnswer } from '../../guard/framework-answer.ts';
import type { Runtime } from '../../runtime.ts';
import type { OpenAgent } from '../../spans/open-agent.ts';

/** A call that was cleared and that Claude Code makes, or will not. */
export interface CallUnderWay {
  readonly cleared: Clearance;
  readonly late: LateAnswer;
  /** The result is known; gives what is passed on, or rejects where it is withheld. */
  returned(result: unknown): Promise<unknown>;
  failed(error: Error): void;
  /** Claude Code did not make it, or gave it up. */
  ended(outcome: 'denied' | 'cancelled', rule: EndRule): void;
}

/** What came of a proposed call. */
export type Begun =
  | { readonly kind: 'refused'; readonly refusal: Pick<Refusal, 'error'> }
  | { readonly kind: 'runs'; readonly call: CallUnderWay };

/** Lets a cleared call run: from here on it is under way, until Claude Code says what became of it. */
export function beginCall(runtime: Runtime, agent: OpenAgent, cleared: Clearance): Begun {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const late: LateAnswer = {};
  let delivered: Promise<unknown>;
  try {
    delivered = agent.run(() => runtime.guard.run(cleared, { execute: () => promise, late }));
  } catch (error) {
    return { kind: 'refused', refusal: { error: error as Refusal['error'] } };
  }
  // Whoever passes the result on is told; where nobody does, there is nobody to tell.
  delivered.catch(() => undefined);
  const call: CallUnderWay = {
    cleared,
    late,
    returned: (result) => {
      resolve(result);
      return delivered;
    },
    failed: reject,
    ended: (outcome, rule) => reject(new EndedByFramework(outcome, rule)),
  };
  return { kind: 'runs', call };
}
