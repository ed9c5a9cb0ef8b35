import { isDeepStrictEqual } from 'node:util';

import type { InForce } from '../control/link.ts';
import type { Clearance } from '../guard/clearance.ts';
import type { Guard, ProposedCalls } from '../guard/guard.ts';
import { UNSEEN } from '../guard/judge.ts';
import type { ToolCall } from '../guard/tool-call.ts';
import type { Run, Scope } from '../spans/scope.ts';

/** What became of a call, as the application tells the model in its next request. */
export interface ToolResult {
  readonly toolCallId: string;
  /** A value where it was JSON, else the text. */
  readonly result: unknown;
}

/** Calls of raw loops: they stand in a model's answer, the application makes them itself, and the next request tells the end. */
export interface Proposals extends ProposedCalls {
  /** How many wait for their end. */
  readonly size: number;
  /** A call that may be made; from here on it is under way. `inForce`: what is in force now. */
  open(guard: Pick<Guard, 'run'>, cleared: Clearance): void;
  /** The scope of the call with this id, where it belongs to no run that the code is in. */
  scopeOf(toolCallId: string): Scope | undefined;
  /**
   * The call has ended; gives what the model may be told of it, or rejects with what it is told instead. Undefined: no such
   * call is under way.
   */
  end(run: Run | undefined, result: ToolResult): Promise<unknown> | undefined;
  /** Nobody tells of them any more. */
  giveUp(): void;
}

/** What the list of a process is made of. */
export interface ProposalsOptions {
  /** What is in force now: a call that was judged by something else is judged again when it is made. */
  readonly inForce: () => InForce;
  /** Most calls that wait; the oldest is given up for a newer. Default 1000. */
  readonly limit?: number;
}

/** A run that nobody has opened: it is made of what one answer leads to. */
export const IMPLIED_RUNS = new WeakSet<Run>();

export function createProposals(options: ProposalsOptions): Proposals {
  return new OpenProposals(options);
}

interface Open {
  readonly call: ToolCall;
  /** With what the call is to be made. */
  readonly arguments: unknown;
  readonly basis: InForce | undefined;
  readonly settle: (result: unknown) => void;
  readonly delivered: Promise<unknown>;
  isClaimed: boolean;
}

class OpenProposals implements Proposals {
  readonly #options: ProposalsOptions;
  readonly #open = new Map<string, Open>();
  readonly #followed = new WeakSet<Run>();

  constructor(options: ProposalsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  open(guard: Pick<Guard, 'run'>, cleared: Clearance): void {
    const { call } = cleared;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    // Throws where the call must not be made after all.
    const delivered = guard.run(cleared, { execute: () => promise });
    // What it was stopped with is told when somebody asks, and some never do.
    delivered.catch(() => undefined);
    const key = keyOf(call.scope.run, call.toolCallId ?? '');
    this.#giveUp(key);
    const [oldest] = this.#open.keys();
    if (this.#open.size >= (this.#options.limit ?? 1000) && oldest !== undefined) {
      this.#giveUp(oldest);
    }
    this.#open.set(key, {
      call,
      arguments: cleared.arguments,
      basis: cleared.basis,
      settle: resolve,
      delivered,
      isClaimed: false,
    });
    this.#follow(call.scope.run);
  }

  scopeOf(toolCallId: string): Scope | undefined {
    return this.#open.get(toolCallId)?.call.scope;
  }

  end(run: Run | undefined, { toolCallId, result }: ToolResult): Promise<unknown> | undefined {
    const key = run === undefined ? toolCallId : keyOf(run, toolCallId);
    const open = this.#open.get(key);
    if (open === undefined) return undefined;
    this.#open.delete(key);
    open.settle(result);
    return open.delivered;
  }

  claim(call: ToolCall): boolean {
    if (this.#open.size === 0) return false;
    const open = this.#find(call);
    if (open === undefined || open.basis !== this.#options.inForce()) return false;
    open.isClaimed = true;
    return true;
  }

  #find(call: ToolCall): Open | undefined {
    const { scope, toolCallId } = call;
    if (toolCallId !== undefined) {
      const open = this.#open.get(keyOf(scope.run, toolCallId));
      return open !== undefined && isSame(open, call) ? open : undefined;
    }
    for (const open of this.#open.values()) if (isSame(open, call)) return open;
    return undefined;
  }

  giveUp(): void {
    for (const key of this.#open.keys()) this.#giveUp(key);
  }

  #giveUp(key: string): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    open.settle(UNSEEN);
  }

  /** What waits when its run ends waits for nobody. */
  #follow(run: Run): void {
    if (IMPLIED_RUNS.has(run) || this.#followed.has(run)) return;
    this.#followed.add(run);
    (run.onEnd ??= []).push(() => {
      for (const [key, open] of this.#open) if (open.call.scope.run === run) this.#giveUp(key);
    });
  }
}

function isSame(open: Open, call: ToolCall): boolean {
  const { tool, scope } = open.call;
  if (open.isClaimed || tool !== call.tool || scope.run !== call.scope.run) return false;
  try {
    return isDeepStrictEqual(open.arguments, call.arguments);
  } catch {
    // Getters that throw: not provably the same call, so it is judged.
    return false;
  }
}

/** Ids of calls are their run's own; where the run is only implied, the id is what leads back to it. */
function keyOf(run: Run, toolCallId: string): string {
  return IMPLIED_RUNS.has(run) ? toolCallId : `${run.id}\n${toolCallId}`;
}
