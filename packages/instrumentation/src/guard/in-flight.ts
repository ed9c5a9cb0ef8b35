import type { ProposedCall } from '@aftertrace/policy';
import { appliesTo } from '@aftertrace/policy';
import type { Containment, StoppedWork } from '@aftertrace/schema';

import type { Scope } from '../spans/scope.ts';
import { createHalt, endsRuns, stopReason, type Halt } from './halt.ts';

/** A call that runs or waits now, and the way to stop it. */
export interface InFlightCall {
  readonly proposed: ProposedCall;
  /** Aborts when a containment stops the call, and when the caller gives up. Made when it is first read: few tools take one. */
  readonly signal: AbortSignal;
  /** The containment that stopped it. */
  stoppedBy(): Containment | undefined;
  /** Who is told when a containment stops it, in place of who was told before. */
  onStop(listener: (() => void) | undefined): void;
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

interface RunEntry {
  /** Its conversation may become known while it runs. */
  readonly scope: Pick<Scope, 'agent' | 'run'>;
  /** An invocation that nobody ends and nobody holds any more is none. */
  readonly halt: WeakRef<Halt>;
}

/** Knows each call and each agent's invocation under way. */
export function createInFlightCalls(): InFlightCalls {
  return new InFlight();
}

class InFlight implements InFlightCalls {
  readonly #calls = new Set<CallUnderWay>();
  readonly #runs = new Set<RunEntry>();
  readonly #forgotten = new FinalizationRegistry<RunEntry>((entry) => this.#runs.delete(entry));

  get size(): number {
    return this.#calls.size;
  }

  enter(proposed: ProposedCall, signal: AbortSignal | undefined): InFlightCall {
    const call = new CallUnderWay(proposed, signal, this.#calls);
    this.#calls.add(call);
    return call;
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
    for (const call of this.#calls) {
      if (!appliesTo(containment, call.proposed, nowMillis)) continue;
      this.#calls.delete(call);
      call.stop(containment);
      work.push(toWork('tool', call.proposed));
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

class CallUnderWay implements InFlightCall {
  readonly proposed: ProposedCall;
  readonly #caller: AbortSignal | undefined;
  readonly #calls: Set<CallUnderWay>;
  #controller: AbortController | undefined;
  #follow: (() => void) | undefined;
  #stoppedBy: Containment | undefined;
  #onStop: (() => void) | undefined;

  constructor(proposed: ProposedCall, caller: AbortSignal | undefined, calls: Set<CallUnderWay>) {
    this.proposed = proposed;
    this.#caller = caller;
    this.#calls = calls;
  }

  get signal(): AbortSignal {
    return (this.#controller ??= this.#makeController()).signal;
  }

  #makeController(): AbortController {
    const controller = new AbortController();
    const caller = this.#caller;
    if (this.#stoppedBy !== undefined) controller.abort(stopReason(this.#stoppedBy));
    else if (caller?.aborted === true) controller.abort(caller.reason);
    else if (caller !== undefined && this.#calls.has(this)) {
      this.#follow = () => controller.abort(caller.reason);
      caller.addEventListener('abort', this.#follow, { once: true });
    }
    return controller;
  }

  stoppedBy(): Containment | undefined {
    return this.#stoppedBy;
  }

  onStop(listener: (() => void) | undefined): void {
    this.#onStop = listener;
  }

  stop(containment: Containment): void {
    this.#stoppedBy = containment;
    this.#controller?.abort(stopReason(containment));
    this.#onStop?.();
  }

  done(): void {
    this.#calls.delete(this);
    if (this.#follow !== undefined) this.#caller?.removeEventListener('abort', this.#follow);
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
