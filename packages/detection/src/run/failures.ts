import type { RunToolCall } from './run-facts.ts';

/** The step of the first failed call, and the one before it. */
export interface FailingSteps {
  readonly firstFailingStep?: number;
  readonly lastGoodStep?: number;
}

/** How failed calls of a run fared, in calls. Every failed call is in exactly one of the last two. */
export interface FailureTally {
  readonly failed: number;
  /** A later call of the same tool went well. */
  readonly recovered: number;
  readonly unrecovered: number;
}

/** A failure that nothing in the run made good. */
export interface UnrecoveredFailure {
  readonly tool: string;
  /** `last_call`: the run ended on it. `write`: a tool that writes failed and never succeeded. */
  readonly why: 'last_call' | 'write';
}

/** Follows failed calls and what became of them. Memory is constant: the open failures of 256 tools. */
export interface FailureLog {
  add(call: RunToolCall): void;
  steps(): FailingSteps;
  tally(): FailureTally;
  /**
   * A failed call that was not recovered and that decides: where the run then ended (nothing ran in a later step), or where the tool writes. Of several the last one of the last step, else the first that writes.
   *
   * What this cannot know: whether a later success of the same tool was about the same thing; whether the agent
   * reached its goal by another tool; whether the final answer admits the failure. Hence `likely`, always.
   */
  unrecovered(): UnrecoveredFailure | undefined;
  /** A tool that writes failed and never succeeded afterwards, wherever the run ended. */
  openWrite(): string | undefined;
}

/** Failures of one tool since it last went well. */
interface OpenFailure {
  readonly lastStep: number;
  readonly writes: boolean;
  readonly count: number;
}

const TOOLS_KEPT = 256;

export function createFailureLog(): FailureLog {
  return new BoundedFailureLog();
}

class BoundedFailureLog implements FailureLog {
  readonly #open = new Map<string, OpenFailure>();
  #first: number | undefined;
  #lastStep = 0;
  #failed = 0;
  #recovered = 0;

  add({ tool, outcome: { outcome }, step, writes }: RunToolCall): void {
    // A refused call did nothing: after a failure the run has still not got any further.
    if (outcome === 'denied') return;
    this.#lastStep = Math.max(this.#lastStep, step);
    if (outcome === 'ok' || outcome === 'empty') this.#recover(tool);
    if (outcome !== 'failed') return;
    this.#failed += 1;
    if (this.#first === undefined || step < this.#first) this.#first = step;
    const before = this.#open.get(tool);
    // Where too many tools have failed, the oldest counts as unrecovered and no longer decides.
    if (before === undefined && this.#open.size >= TOOLS_KEPT) this.#forgetOldest();
    this.#open.delete(tool);
    this.#open.set(tool, {
      lastStep: Math.max(before?.lastStep ?? 0, step),
      writes: before?.writes === true || writes === true,
      count: (before?.count ?? 0) + 1,
    });
  }

  steps(): FailingSteps {
    const first = this.#first;
    if (first === undefined) return {};
    return { firstFailingStep: first, ...(first > 1 ? { lastGoodStep: first - 1 } : {}) };
  }

  tally(): FailureTally {
    return {
      failed: this.#failed,
      recovered: this.#recovered,
      unrecovered: this.#failed - this.#recovered,
    };
  }

  unrecovered(): UnrecoveredFailure | undefined {
    const last = [...this.#open].findLast(([, open]) => open.lastStep === this.#lastStep);
    if (last !== undefined) return { tool: last[0], why: 'last_call' };
    const tool = this.openWrite();
    return tool === undefined ? undefined : { tool, why: 'write' };
  }

  openWrite(): string | undefined {
    return [...this.#open].find(([, open]) => open.writes)?.[0];
  }

  #recover(tool: string): void {
    this.#recovered += this.#open.get(tool)?.count ?? 0;
    this.#open.delete(tool);
  }

  #forgetOldest(): void {
    for (const oldest of this.#open.keys()) {
      this.#open.delete(oldest);
      return;
    }
  }
}
