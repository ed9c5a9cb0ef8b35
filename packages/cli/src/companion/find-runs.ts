import { readTrajectories, readWithBlobs } from '@aftertrace/exporter';
import type { WrittenTrajectory } from '@aftertrace/schema';

/** What came of looking for the run of a trace. */
export type TracedRun =
  | { readonly kind: 'found'; readonly trajectoryId: string }
  | { readonly kind: 'none' }
  /** Another look through all lines is going on. */
  | { readonly kind: 'busy' };

/** Finds recorded runs for people who look. */
export interface RunFinder {
  /** Tells of a line that was written, so that the runs of late are found at once by their trace. */
  written(written: WrittenTrajectory): void;
  /** The newest revision, with all of its texts. */
  byId(trajectoryId: string): Promise<WrittenTrajectory | undefined>;
  /** The newest run of a trace. Gives up when `signal` is aborted: who asked has left. */
  byTrace(traceId: string, signal: AbortSignal): Promise<TracedRun>;
}

/** Traces that are remembered: about 4 MB. */
const MAX_REMEMBERED = 20_000;

export function createRunFinder(dataDir: string): RunFinder {
  return new Finder(dataDir);
}

class Finder implements RunFinder {
  readonly #dataDir: string;
  /** Trajectory ids by trace, in the order in which they were told. */
  readonly #byTrace = new Map<string, string>();
  #isReading = false;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  written({ trajectory }: WrittenTrajectory): void {
    for (const traceId of trajectory.extra.aftertrace.traceIds) {
      this.#byTrace.delete(traceId);
      this.#byTrace.set(traceId, trajectory.trajectory_id);
    }
    for (const oldest of this.#byTrace.keys()) {
      if (this.#byTrace.size <= MAX_REMEMBERED) break;
      this.#byTrace.delete(oldest);
    }
  }

  async byId(trajectoryId: string): Promise<WrittenTrajectory | undefined> {
    for await (const written of readTrajectories(this.#dataDir, { ids: [trajectoryId] })) {
      return { ...written, trajectory: await readWithBlobs(this.#dataDir, written.trajectory) };
    }
    return undefined;
  }

  async byTrace(traceId: string, signal: AbortSignal): Promise<TracedRun> {
    const known = this.#byTrace.get(traceId);
    if (known !== undefined) return { kind: 'found', trajectoryId: known };
    // The indexes do not know traces: all lines are read, and that by one person at a time.
    if (this.#isReading) return { kind: 'busy' };
    this.#isReading = true;
    try {
      return await this.#readAll(traceId, signal);
    } finally {
      this.#isReading = false;
    }
  }

  async #readAll(traceId: string, signal: AbortSignal): Promise<TracedRun> {
    let newest: { readonly trajectoryId: string; readonly end: bigint } | undefined;
    const lines = readTrajectories(this.#dataDir, { containing: traceId, signal });
    for await (const { trajectory } of lines) {
      const { traceIds, timing } = trajectory.extra.aftertrace;
      const end = BigInt(timing.endTimeUnixNano);
      if (!traceIds.includes(traceId) || (newest !== undefined && end < newest.end)) continue;
      newest = { trajectoryId: trajectory.trajectory_id, end };
    }
    if (newest === undefined) return { kind: 'none' };
    return { kind: 'found', trajectoryId: newest.trajectoryId };
  }
}
