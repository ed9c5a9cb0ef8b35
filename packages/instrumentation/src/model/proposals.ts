import { isDeepStrictEqual } from 'node:util';

import type { InForce } from '../control/link.ts';
import type { Clearance } from '../guard/clearance.ts';
import type { Guard, ProposedCalls } from '../guard/guard.ts';
import { UNSEEN } from '../guard/judge.ts';
import type { ToolCall } from '../guard/tool-call.ts';
import type { Run, Scope } from '../spans/scope.ts';
import { STRAY_RUNS } from '../spans/stray-scope.ts';
import { createToldResults, type ToldResults } from './told-results.ts';
import type { ToolResult } from './tool-result.ts';

/** Calls of raw loops: they stand in a model's answer, the application makes them itself, and the next request tells the end. */
export interface Proposals extends ProposedCalls {
  /** How many wait for their end. */
  readonly size: number;
  /** No result that a request brings concerns them. */
  readonly isEmpty: boolean;
  readonly told: ToldResults;
  /** A call that may be made; from here on it is under way. `inForce`: what is in force now. */
  open(guard: Pick<Guard, 'run'>, cleared: Clearance): void;
  /** The scope of the call that this is the result of, where it belongs to no run that the code is in. */
  scopeOf(result: ToolResult, conversationId?: string): Scope | undefined;
  /**
   * The call has ended; gives what the model may be told of it, or rejects with what it is told instead. Undefined: no such
   * call is under way.
   */
  end(run: Run, result: ToolResult): Promise<unknown> | undefined;
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
  /** Keys of calls of implied runs, by their ids. */
  readonly #implied = new Map<string, Set<string>>();
  readonly told = createToldResults();
  readonly #followed = new WeakSet<Run>();

  constructor(options: ProposalsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0 && this.told.size === 0;
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
    this.#add(key, {
      call,
      arguments: cleared.arguments,
      basis: cleared.basis,
      settle: resolve,
      delivered,
      isClaimed: false,
    });
    this.#follow(call.scope.run);
  }

  /** The last of those that may be it: one before may wait for ever. */
  scopeOf({ toolCallId, asked }: ToolResult, conversationId?: string): Scope | undefined {
    const keys = [...(this.#implied.get(toolCallId) ?? [])];
    const open = keys.toReversed().flatMap((key) => this.#open.get(key) ?? []);
    const found = open.find(({ call, arguments: args }) => {
      if (asked !== undefined) return call.tool === asked.tool && isEqual(args, asked.arguments);
      return call.scope.agent.conversationId === conversationId;
    });
    return found?.call.scope;
  }

  end(run: Run, { toolCallId, asked, result }: ToolResult): Promise<unknown> | undefined {
    const key = keyOf(run, toolCallId);
    const open = this.#open.get(key);
    if (open === undefined || (asked !== undefined && asked.tool !== open.call.tool)) {
      return undefined;
    }
    this.#remove(key);
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
    this.#remove(key)?.settle(UNSEEN);
  }

  #add(key: string, open: Open): void {
    this.#open.set(key, open);
    const { scope, toolCallId = '' } = open.call;
    if (!IMPLIED_RUNS.has(scope.run)) return;
    const keys = this.#implied.get(toolCallId) ?? new Set();
    this.#implied.set(toolCallId, keys.add(key));
  }

  #remove(key: string): Open | undefined {
    const open = this.#open.get(key);
    if (open === undefined) return undefined;
    this.#open.delete(key);
    const { toolCallId = '' } = open.call;
    const keys = this.#implied.get(toolCallId);
    keys?.delete(key);
    if (keys?.size === 0) this.#implied.delete(toolCallId);
    return open;
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
  if (open.isClaimed || tool !== call.tool || !isSameRun(scope.run, call.scope.run)) return false;
  return isEqual(open.arguments, call.arguments);
}

/** A loop that nobody has opened a run for makes its calls outside of any. */
function isSameRun(asking: Run, making: Run): boolean {
  return asking === making || (IMPLIED_RUNS.has(asking) && STRAY_RUNS.has(making));
}

function isEqual(some: unknown, others: unknown): boolean {
  try {
    return isDeepStrictEqual(given(some), given(others));
  } catch {
    // Getters that throw: not provably the same call, so it is judged.
    return false;
  }
}

/** No arguments are written as nothing or as an empty object. */
function given(args: unknown): unknown {
  return args === undefined || args === null || args === '' ? {} : args;
}

/** Ids of calls are their run's own: another may have the same. */
function keyOf(run: Run, toolCallId: string): string {
  return `${run.id}\n${toolCallId}`;
}
