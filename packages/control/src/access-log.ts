import { SYSTEM_ACTOR, type ControlCore } from './control-core.ts';
import type { Timers } from './timers.ts';

/** A request that was turned away. Everything in it comes from a stranger. */
export interface RefusedAccess {
  readonly cause: string;
  readonly method: string;
  readonly path: string;
  readonly remote: string;
  /** The identity that the request named, where that is what was refused. */
  readonly claimed?: string;
}

/** Writes refusals into the ledger, but not more than one in a while: a flood must not fill the disk. */
export interface AccessLog {
  /** Resolves when the refusal is written or counted; never rejects. */
  readonly refused: (access: RefusedAccess) => Promise<void>;
}

/** One entry in so long; what comes between is counted in the next. */
const INTERVAL_MILLIS = 10_000;
const MAX_TEXT = 200;

export function createAccessLog(core: ControlCore, timers: Timers): AccessLog {
  let isQuiet = false;
  let suppressed = 0;
  let latest: RefusedAccess | undefined;
  const write = async (access: RefusedAccess): Promise<void> => {
    isQuiet = true;
    const data = { ...clipped(access), suppressed };
    suppressed = 0;
    latest = undefined;
    core.log('warn', `refused a request: ${data.cause} (${data.suppressed} more before it)`);
    timers.after(INTERVAL_MILLIS, () => {
      isQuiet = false;
      if (latest === undefined) return;
      suppressed -= 1; // The latest gets an entry after all.
      void write(latest);
    });
    try {
      await core.queue.run('access', async () => core.record('access.refused', data, SYSTEM_ACTOR));
    } catch (error) {
      core.log('error', `a refusal could not be recorded: ${String(error)}`);
    }
  };
  return {
    refused: async (access) => {
      if (!isQuiet) return write(access);
      suppressed += 1;
      latest = access;
    },
  };
}

function clipped(access: RefusedAccess): RefusedAccess {
  const { claimed } = access;
  return {
    cause: access.cause,
    method: clip(access.method),
    path: clip(access.path),
    remote: clip(access.remote),
    ...(claimed === undefined ? {} : { claimed: clip(claimed) }),
  };
}

function clip(text: string): string {
  return text.slice(0, MAX_TEXT).toWellFormed();
}
