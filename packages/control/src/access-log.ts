import { createRateLimiter } from './access/rate-limiter.ts';
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
  /** The token that it came with, where it is known. */
  readonly tokenId?: string;
}

/**
 * Writes refusals into the ledger, and never so many that a flood fills the disk: those that are alike (cause and token,
 * else cause and address) are counted in the next entry of their kind, ever more rarely while it goes on; and there is
 * an upper limit for all kinds together.
 */
export interface AccessLog {
  /** Resolves when the refusal is written or counted; never rejects. */
  readonly refused: (access: RefusedAccess) => Promise<void>;
  /** Writes what is counted and not written yet, of each kind as far as the limit allows. */
  readonly flush: () => Promise<void>;
}

/** The first pause of a kind; each further one is twice as long. */
const FIRST_PAUSE_MILLIS = 10_000;
const LAST_PAUSE_MILLIS = 600_000;
/** Kinds that are told apart; what comes beyond them is one kind. */
const MAX_KINDS = 200;
/** Entries of all kinds together: about 4 MB a day of a flood that never ends. */
const BUDGET = { perSecond: 0.1, burst: 60 } as const;
const MAX_TEXT = 200;

/** Refusals that are alike. */
interface Kind {
  /** The latest that has no entry; `undefined`: there is none. */
  latest: RefusedAccess | undefined;
  /** Without an entry, the latest not among them. */
  suppressed: number;
  pauseMillis: number;
  /** Its entry is on the way to the disk, and may come back. */
  isWriting: boolean;
}

/** @param onRefused Told of each, also of those that are only counted. */
export function createAccessLog(
  core: ControlCore,
  timers: Timers,
  onRefused: (access: RefusedAccess) => void = () => undefined,
): AccessLog {
  const log = new BoundedLog(core, timers);
  return {
    flush: log.flush,
    refused: async (access) => {
      onRefused(access);
      return log.refused(access);
    },
  };
}

class BoundedLog implements AccessLog {
  readonly #core: ControlCore;
  readonly #timers: Timers;
  readonly #kinds = new Map<string, Kind>();
  readonly #budget;

  constructor(core: ControlCore, timers: Timers) {
    this.#core = core;
    this.#timers = timers;
    this.#budget = createRateLimiter(core.now);
  }

  refused = async (access: RefusedAccess): Promise<void> => {
    const name = this.#kindOf(access);
    const known = this.#kinds.get(name);
    if (known !== undefined) {
      if (known.latest !== undefined) known.suppressed += 1;
      known.latest = access;
      return;
    }
    const kind: Kind = {
      latest: access,
      suppressed: 0,
      pauseMillis: FIRST_PAUSE_MILLIS,
      isWriting: false,
    };
    this.#kinds.set(name, kind);
    this.#pause(name, kind);
    await this.#write(kind);
  };

  flush = async (): Promise<void> => {
    for (const kind of this.#kinds.values()) await this.#write(kind);
  };

  #kindOf({ cause, tokenId, remote }: RefusedAccess): string {
    const name = `${cause} ${tokenId ?? remote}`;
    return this.#kinds.has(name) || this.#kinds.size < MAX_KINDS ? name : 'others';
  }

  #pause(name: string, kind: Kind): void {
    this.#timers.after(kind.pauseMillis, () => {
      if (kind.latest === undefined && !kind.isWriting) {
        this.#kinds.delete(name);
        return;
      }
      kind.pauseMillis = Math.min(kind.pauseMillis * 2, LAST_PAUSE_MILLIS);
      this.#pause(name, kind);
      void this.#write(kind);
    });
  }

  async #write(kind: Kind): Promise<void> {
    const { latest, suppressed } = kind;
    if (latest === undefined || kind.isWriting || this.#budget.take('', BUDGET) > 0) return;
    kind.latest = undefined;
    kind.suppressed = 0;
    kind.isWriting = true;
    const { queue, log, record } = this.#core;
    const data = { ...clipped(latest), suppressed };
    log('warn', `refused a request: ${data.cause} (${suppressed} more before it)`);
    try {
      await queue.run('access', async () => record('access.refused', data, SYSTEM_ACTOR));
    } catch (error) {
      log('error', `a refusal could not be recorded: ${String(error)}`);
      // Counted again, so that the next entry says how many there were.
      kind.suppressed += suppressed + (kind.latest === undefined ? 0 : 1);
      kind.latest ??= latest;
    } finally {
      kind.isWriting = false;
    }
  }
}

function clipped(access: RefusedAccess): RefusedAccess {
  return Object.fromEntries(
    Object.entries(access).map(([field, text]) => [field, clip(text as string)]),
  ) as unknown as RefusedAccess;
}

function clip(text: string): string {
  return text.slice(0, MAX_TEXT).toWellFormed();
}
