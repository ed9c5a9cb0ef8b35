import { isDeepStrictEqual } from 'node:util';

import type { Diagnostics } from '../diagnostics.ts';
import { compileValue, revisionOf } from './compile.ts';
import type { Applied, CompileBundle, Contained, Enforcement } from './enforcement.ts';
import type { KeptState } from './kept-state.ts';
import type { OnStart } from './on-start.ts';
import { otherContent, rememberRevision, type PolicyTrust } from './policy-trust.ts';
import type { ReceivedState } from './read-messages.ts';

/** What the states of a companion make hold in this process, and what later processes start with. */
export interface StateKeeper {
  /**
   * Puts a state in force: its containments at once, its policy after those that came before. Resolves when all of it is, with
   * undefined where it could not be. Never rejects.
   */
  take(state: ReceivedState): Promise<Applied | undefined>;
  /**
   * Puts the state that an earlier process kept in force, until one comes. Resolves with its revision, or undefined where none
   * was kept or one has come. Never rejects.
   */
  restore(): Promise<number | undefined>;
}

/** What it works with. */
export interface StateKeeperOptions {
  readonly enforcement: Enforcement;
  readonly kept: KeptState;
  readonly trust: PolicyTrust;
  readonly onStart: OnStart;
  readonly diagnostics: Diagnostics;
}

export function createStateKeeper(options: StateKeeperOptions): StateKeeper {
  return new Keeper(options);
}

class Keeper implements StateKeeper {
  readonly #options: StateKeeperOptions;
  /** Policies are put in force one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** A state came; what was kept says nothing about containments any more. */
  #isTold = false;
  #hasTaken = false;
  /** The policy that came last and was not refused. */
  #goodPolicy: unknown;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
  }

  take(state: ReceivedState): Promise<Applied | undefined> {
    this.#isTold = true;
    // Not in its turn: a kill waits for no compiler and for no disk.
    const contained = this.#options.enforcement.contain(state.containments);
    return this.#inTurn(() => this.#take(state, contained));
  }

  restore(): Promise<number | undefined> {
    return this.#inTurn(() => this.#restore());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done;
    return done;
  }

  async #take(state: ReceivedState, contained: Contained): Promise<Applied | undefined> {
    const { enforcement, diagnostics } = this.#options;
    try {
      const bundle = this.#bundleOf(state.policy);
      const applied = await enforcement.adopt(contained, bundle);
      this.#hasTaken = true;
      await this.#remember(state.policy, bundle !== undefined && applied.refused === undefined);
      await this.#fallBack();
      void this.#keep({ ...state, policy: this.#goodPolicy ?? null });
      if (applied.refused !== undefined) this.#tellRefusal(applied.refused.problems);
      return applied;
    } catch (error) {
      diagnostics.count('control.apply_error');
      diagnostics.warnOnce('control.apply', `a state could not be put in force: ${String(error)}`);
      return undefined;
    }
  }

  async #restore(): Promise<number | undefined> {
    const { kept, diagnostics } = this.#options;
    if (this.#hasTaken) return undefined;
    try {
      const state = await kept.recall();
      if (state === undefined) return undefined;
      await this.#restorePolicy(state);
      return state.revision;
    } catch (error) {
      diagnostics.count('control.restore_error');
      diagnostics.warnOnce('control.restore', `the kept state cannot be used: ${String(error)}`);
      return undefined;
    }
  }

  /**
   * With keys, a companion that publishes no policy, or none that may be trusted, takes away none that an earlier process of
   * this user had: also not by being there when this one starts.
   */
  async #fallBack(): Promise<void> {
    const { enforcement, kept, onStart, trust } = this.#options;
    if (!trust.isRequired || onStart !== 'keep-last') return;
    if (enforcement.current().policy !== undefined) return;
    const state = await kept.recall();
    if (state !== undefined) await this.#restorePolicy(state);
  }

  async #restorePolicy({ policy, containments }: ReceivedState): Promise<void> {
    const { enforcement, trust } = this.#options;
    const bundle = policy === undefined || policy === null ? undefined : policy;
    const { refused } = await enforcement.restore(
      this.#isTold ? undefined : containments,
      bundle === undefined ? undefined : () => compileValue(bundle, trust),
    );
    if (refused === undefined) this.#goodPolicy = bundle;
    else this.#tellRefusal(refused.problems);
  }

  /** What later processes start with. With keys, that none is published is no reason to forget one. */
  async #remember(policy: unknown, isAdopted: boolean): Promise<void> {
    if (isAdopted) {
      this.#goodPolicy = policy;
      await rememberRevision(this.#options);
    } else if ((policy ?? undefined) === undefined && !this.#options.trust.isRequired) {
      this.#goodPolicy = undefined;
    }
  }

  /** Undefined where there is nothing new to compile. */
  #bundleOf(policy: unknown): CompileBundle | undefined {
    if (policy === undefined || policy === null) return undefined;
    const { enforcement, trust } = this.#options;
    const present = enforcement.current().policy;
    const revision = revisionOf(policy);
    const isSame = present !== undefined && present.revision === revision;
    const known = this.#goodPolicy;
    if (!isSame || enforcement.isRestored() || known === undefined) {
      return () => compileValue(policy, trust);
    }
    if (isSameContent(policy, known)) return undefined;
    return () => Promise.resolve({ ok: false, revision, problems: [otherContent(revision)] });
  }

  /** For the next process that starts while the companion is away. */
  async #keep(state: ReceivedState): Promise<void> {
    const { kept, onStart, diagnostics } = this.#options;
    if (onStart !== 'keep-last') return;
    try {
      await kept.keep(state);
    } catch (error) {
      diagnostics.count('control.keep_error');
      diagnostics.warnOnce('control.keep', `the state cannot be kept: ${String(error)}`);
    }
  }

  #tellRefusal(problems: readonly string[]): void {
    const { diagnostics } = this.#options;
    diagnostics.count('control.policy_refused');
    const summary = problems.slice(0, 3).join('; ');
    diagnostics.warnOnce(
      `policy.${summary}`,
      `a policy is refused and changes nothing: ${summary}`,
    );
  }
}

/** Whoever signed it: a signature more does not make it another bundle. */
function isSameContent(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(contentOf(one), contentOf(other));
}

function contentOf(bundle: unknown): object {
  const { signatures: _, ...content } = bundle as { readonly signatures?: unknown };
  return content;
}
