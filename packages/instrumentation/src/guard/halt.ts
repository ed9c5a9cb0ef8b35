import type { Containment } from '@aftertrace/schema';

import { AftertraceError } from '../errors.ts';
import type { Scope } from '../spans/scope.ts';

/** An agent's invocation under way, and the way to stop it: between its calls, and while it talks to its model. */
export interface Halt {
  /** Aborts when it is stopped, when the invocation around it is, or when the caller gives up. */
  readonly signal: AbortSignal;
  /** The containment that stopped it, or the invocation around it. What was stopped stays so. */
  stoppedBy(): Containment | undefined;
  stop(containment: Containment): void;
  /** It is over; nothing can stop it any more. */
  end(): void;
}

/** What an invocation is made of, as far as stopping it goes. */
export interface HaltOptions {
  readonly scope: Pick<Scope, 'run' | 'agent'>;
  /** Of the invocation around it. */
  readonly outer: Halt | undefined;
  /** The caller's own way to stop it. */
  readonly signal: AbortSignal | undefined;
  readonly onEnd: () => void;
}

export function createHalt(options: HaltOptions): Halt {
  return new RunHalt(options);
}

class RunHalt implements Halt {
  readonly #options: HaltOptions;
  readonly #controller = new AbortController();
  readonly #unfollow: readonly (() => void)[];
  #stoppedBy: Containment | undefined;

  constructor(options: HaltOptions) {
    this.#options = options;
    this.#unfollow = [options.outer?.signal, options.signal].map((signal) =>
      follow(signal, this.#controller),
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stoppedBy(): Containment | undefined {
    return this.#stoppedBy ?? this.#options.outer?.stoppedBy();
  }

  stop(containment: Containment): void {
    if (this.stoppedBy() !== undefined) return;
    this.#stoppedBy = containment;
    noteTermination(this.#options.scope, containment);
    this.#controller.abort(stopReason(containment));
  }

  end(): void {
    for (const unfollow of this.#unfollow) unfollow();
    this.#options.onEnd();
  }
}

/** Does a containment of this kind end the runs that it covers? The others refuse calls, and the run goes on. */
export function endsRuns({ kind }: Containment): boolean {
  return kind === 'kill' || kind === 'retire';
}

/** The run was stopped, if it is this agent's own: what stops an agent inside another's run leaves that one running. */
export function noteTermination(
  { run, agent }: Pick<Scope, 'run' | 'agent'>,
  containment: Containment,
): void {
  if (endsRuns(containment) && agent.name === run.agent.name) run.terminatedBy ??= containment.id;
}

/** An agent whose call was refused or stopped for good makes no further step. */
export function haltAfter(scope: Scope, containment: Containment | undefined): void {
  if (containment === undefined || !endsRuns(containment)) return;
  noteTermination(scope, containment);
  scope.halt?.stop(containment);
}

const stopReasons = new WeakMap<Containment, DOMException>();

/**
 * What signals abort with: frameworks take it for an abort, and nobody tries again. One for all that a containment stops: its
 * stack says nothing, and takes longer to write down than the rest of an abort.
 */
export function stopReason(containment: Containment): DOMException {
  const { id, reason } = containment;
  const known =
    stopReasons.get(containment) ??
    new DOMException(`stopped by containment ${id}: ${reason}`, 'AbortError');
  stopReasons.set(containment, known);
  return known;
}

/** What the application gets instead of an answer. */
export function runStopped(agent: string, { reason }: Containment): AftertraceError {
  return new AftertraceError('run_stopped', `The agent ${agent} was stopped: ${reason}`);
}

/** Weakly: the signal may live as long as the application, and an invocation may never say that it is over. */
function follow(signal: AbortSignal | undefined, controller: AbortController): () => void {
  if (signal === undefined) return () => undefined;
  const target = new WeakRef(controller);
  const abort = (): void => target.deref()?.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
