import type { ProposedCall } from '@aftertrace/policy';
import { appliesTo } from '@aftertrace/policy';
import type { Containment, StoppedWork } from '@aftertrace/schema';

import type { Scope } from '../spans/scope.ts';
import { createHalt, endsRuns, stopReason, type Halt } from './halt.ts';

/** A call that runs or waits now, and the way to stop it. */
export interface InFlightCall {
  readonly proposed: ProposedCall;
  readonly signal: AbortSignal;
  /** The containment that stopped it. */
  readonly stoppedBy: () => Containment | undefined;
  /** The call is over; releases what ties it to the caller's signal. */
  done(): void;
}

/** What a containment stopped as it arrived. */
export interface Stopped {
  /** Tool calls, and runs of which no tool call was under way. */
  readonly count: number;
  /** The first of them. */
  readonly work: readonly StoppedWork[];
}

/** The calls and runs of this process that a containment can stop on their way. */
export interface InFlightCalls {
  enter(proposed: ProposedCall, signal: AbortSignal | undefined): InFlightCall;
  /** An agent's invocation begins; `signal` is the caller's own way to stop it. */
  enterRun(scope: Scope, signal: AbortSignal | undefined): Halt;
  /** Aborts what a containment covers. */
  abort(containment: Containment, nowMillis: number): Stopped;
  /** Calls under way. */
  readonly size: number;
}

/** As the schema's `MAX_STOPPED_WORK`, which is not imported: it would bring zod. */
const MAX_NAMED = 50;

interface Entry {
  readonly proposed: ProposedCall;
  stop(containment: Containment): void;
}

interface RunEntry {
  /** Its conversation may become known while it runs. */
  readonly scope: Pick<Scope, 'agent' | 'run'>;
  /** An invocation that nobody ends and nobody holds any more is none. */
  readonly halt: WeakRef<Halt>;
}

/** Keeps one abort controller for each call and each agent's invocation under way. */
export function createInFlightCalls(): InFlightCalls {
  return new InFlight();
}

class InFlight implements InFlightCalls {
  readonly #calls = new Set<Entry>();
  readonly #runs = new Set<RunEntry>();
  readonly #forgotten = new FinalizationRegistry<RunEntry>((entry) => this.#runs.delete(entry));

  get size(): number {
    return this.#calls.size;
  }

  enter(proposed: ProposedCall, signal: AbortSignal | undefined): InFlightCall {
    const controller = new AbortController();
    let stoppedBy: Containment | undefined;
    const entry: Entry = {
      proposed,
      stop: (containment) => {
        stoppedBy = containment;
        controller.abort(stopReason(containment));
      },
    };
    const follow = (): void => controller.abort(signal?.reason);
    if (signal?.aborted === true) follow();
    else signal?.addEventListener('abort', follow, { once: true });
    this.#calls.add(entry);
    return {
      proposed,
      signal: controller.signal,
      stoppedBy: () => stoppedBy,
      done: () => {
        this.#calls.delete(entry);
        signal?.removeEventListener('abort', follow);
      },
    };
  }

  enterRun(scope: Scope, signal: AbortSignal | undefined): Halt {
    const onEnd = (): void => void this.#runs.delete(entry);
    const halt = createHalt({ scope, outer: scope.halt, signal, onEnd });
    const entry: RunEntry = { scope, halt: new WeakRef(halt) };
    this.#runs.add(entry);
    this.#forgotten.register(halt, entry);
    return halt;
  }

  abort(containment: Containment, nowMillis: number): Stopped {
    const work: StoppedWork[] = [];
    if (containment.mode !== 'enforce' || containment.inFlight !== 'abort') {
      return { count: 0, work };
    }
    // Calls first: each is to end as one that was stopped, not as one whose caller gave up.
    for (const entry of this.#calls) {
      if (!appliesTo(containment, entry.proposed, nowMillis)) continue;
      this.#calls.delete(entry);
      entry.stop(containment);
      work.push(toWork('tool', entry.proposed));
    }
    const stopped = new Set(work.map(({ run }) => run));
    for (const { scope, halt } of this.#runs) {
      const subject = subjectOf(scope);
      if (!coversRun(containment, subject, nowMillis)) continue;
      halt.deref()?.stop(containment);
      if (stopped.has(subject.run)) continue;
      stopped.add(subject.run);
      work.push(toWork('run', subject));
    }
    return { count: work.length, work: work.slice(0, MAX_NAMED) };
  }
}

/** Does a containment stop this agent's invocation as a whole, and not only some calls of it? */
export function coversRun(
  containment: Containment,
  subject: ProposedCall,
  nowMillis: number,
): boolean {
  const { scope, mode } = containment;
  if (mode !== 'enforce' || !endsRuns(containment)) return false;
  if (scope !== 'global' && (scope.tool !== undefined || scope.capability !== undefined)) {
    return false;
  }
  return appliesTo(containment, subject, nowMillis);
}

/** An agent's invocation in the words of the policy engine: a call of no tool. */
export function subjectOf({ agent, run }: Pick<Scope, 'agent' | 'run'>): ProposedCall {
  return {
    agent: agent.name,
    tool: '',
    arguments: undefined,
    agentVersion: agent.version,
    tenant: agent.tenant,
    conversation: agent.conversationId,
    run: run.id,
  };
}

function toWork(what: StoppedWork['what'], { agent, run, tool }: ProposedCall): StoppedWork {
  return {
    what,
    agent,
    ...(run === undefined ? {} : { run }),
    ...(what === 'tool' ? { tool } : {}),
  };
}
