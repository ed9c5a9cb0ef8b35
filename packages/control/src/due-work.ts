import type { ControlCore } from './control-core.ts';
import { advanceRollbacks } from './rollback-actions.ts';
import { nextDeadline, sweep } from './sweep.ts';

/** What time and earlier steps bring about: what expires, who is late, rollbacks that go on. */
export interface DueWork {
  /** From now on it wakes by itself. */
  readonly start: () => void;
  readonly stop: () => void;
  /** Something has changed that may be due at another time. */
  readonly schedule: () => void;
  /** Records what is due by now, so that what is read is true now. What cannot be recorded is tried again; never rejects. */
  readonly settle: () => Promise<void>;
  /** Takes the rollbacks that are under way as far as they go now. Never rejects. */
  readonly advance: () => Promise<void>;
}

/** When to try again after what was due could not be recorded. */
const RETRY_MILLIS = 1_000;

/** @param onSettled Called after each look at what is due. */
export function createDueWork(core: ControlCore, onSettled: () => void): DueWork {
  return new Due(core, onSettled);
}

class Due implements DueWork {
  readonly #core: ControlCore;
  readonly #onSettled: () => void;
  #isRunning = false;
  #callOff: () => void = () => undefined;

  constructor(core: ControlCore, onSettled: () => void) {
    this.#core = core;
    this.#onSettled = onSettled;
  }

  start = (): void => {
    this.#isRunning = true;
    this.schedule();
    void this.advance();
  };

  stop = (): void => {
    this.#isRunning = false;
    this.#callOff();
  };

  schedule = (): void => {
    const deadline = this.#isRunning ? nextDeadline(this.#core) : undefined;
    if (deadline === undefined) this.#callOff();
    else this.#wakeAfter(deadline - this.#core.now());
  };

  settle = async (): Promise<void> => {
    await this.#try('what expired could not be recorded', async () => {
      const deadline = nextDeadline(this.#core);
      if (deadline !== undefined && deadline <= this.#core.now()) await sweep(this.#core);
      await advanceRollbacks(this.#core);
      this.schedule();
    });
    this.#onSettled();
  };

  advance = async (): Promise<void> =>
    this.#try('a rollback could not go on', async () => advanceRollbacks(this.#core));

  async #try(failure: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#core.log('error', `${failure}: ${String(error)}`);
      this.#wakeAfter(RETRY_MILLIS);
    }
  }

  #wakeAfter(delayMillis: number): void {
    this.#callOff();
    if (!this.#isRunning) return;
    this.#callOff = this.#core.timers.after(delayMillis, () => void this.settle());
  }
}
