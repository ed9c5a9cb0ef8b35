import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { trajectoryId } from '@aftertrace/schema';
import { z } from 'zod';

import type { BodyPlace } from '../assemble/held-request.ts';
import type { RunOf } from '../assemble/partition.ts';
import type { StoredSpan } from '../assemble/stored-span.ts';
import { ExporterError } from '../exporter-error.ts';
import { replaceFile } from './replace-file.ts';

/** Runs that were erased while the journal may still have them. */
const ERASED_FILE = 'erased-runs.json';

/** Runs by their ids (digests), and where the journal ended when they were erased. */
const Erasure = z.object({ segment: z.int(), offset: z.int(), ids: z.array(z.string()) });
type Erasure = z.infer<typeof Erasure>;
const ErasedFile = z.object({ v: z.literal(1), erasures: z.array(Erasure) });

/** What of the journal is on disk. */
export interface JournalExtent {
  /** `undefined`: there is nothing. */
  readonly oldestSegment: number | undefined;
  /** Behind the last acknowledged record; `undefined` where there is nothing. */
  readonly end: BodyPlace | undefined;
}

/**
 * Runs that were erased and may still lie in the journal, beside others that go on: they must not come back with it.
 * Forgotten when no segment of that time is left. What is sent again after the erasure is new telemetry.
 */
export interface ErasedRuns {
  /**
   * Reads what is noted. Rejects with ExporterError `erased_runs_unreadable`: what nobody knows to be erased would come
   * back.
   */
  load(): Promise<void>;
  /** The run was erased, and some of this is from before. */
  has(part: RunOf<StoredSpan>): boolean;
  /** To be called before the lines are removed; resolves when it is on disk. With an empty journal nothing is noted. */
  add(ids: readonly string[], journal: JournalExtent): Promise<void>;
  /** Lets go of runs that no segment can have any more. */
  forget(journal: JournalExtent): Promise<void>;
}

export function createErasedRuns(dataDir: string): ErasedRuns {
  return new NotedRuns(join(dataDir, ERASED_FILE));
}

class NotedRuns implements ErasedRuns {
  readonly #path: string;
  #erasures: readonly Erasure[] = [];
  /** Where the journal ended at the last erasure of each run. */
  #ends: ReadonlyMap<string, BodyPlace> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    this.#know(text === undefined ? [] : parse(text, this.#path));
  }

  has(part: RunOf<StoredSpan>): boolean {
    const end = this.#ends.size === 0 ? undefined : this.#ends.get(trajectoryId(part));
    return (
      end !== undefined &&
      (part.spans.some(({ request }) => isBefore(request.place, end)) ||
        part.events.some(({ origin }) => isBefore(origin.place, end)))
    );
  }

  async add(ids: readonly string[], { oldestSegment, end }: JournalExtent): Promise<void> {
    if (ids.length === 0 || end === undefined) return;
    const kept = this.#erasures.filter(({ segment }) => segment >= (oldestSegment ?? segment));
    await this.#write([...kept, { ...end, ids: [...ids] }]);
  }

  async forget({ oldestSegment = Number.POSITIVE_INFINITY }: JournalExtent): Promise<void> {
    const kept = this.#erasures.filter(({ segment }) => segment >= oldestSegment);
    if (kept.length < this.#erasures.length) await this.#write(kept);
  }

  async #write(erasures: readonly Erasure[]): Promise<void> {
    if (erasures.length === 0) await rm(this.#path, { force: true });
    else await replaceFile(this.#path, `${JSON.stringify({ v: 1, erasures })}\n`);
    this.#know(erasures);
  }

  #know(erasures: readonly Erasure[]): void {
    this.#erasures = erasures;
    this.#ends = new Map(
      erasures.flatMap(({ segment, offset, ids }) =>
        ids.map((id) => [id, { segment, offset }] as const),
      ),
    );
  }
}

function isBefore(place: BodyPlace | undefined, end: BodyPlace): boolean {
  if (place === undefined) return false;
  return (
    place.segment < end.segment || (place.segment === end.segment && place.offset < end.offset)
  );
}

function parse(text: string, path: string): readonly Erasure[] {
  const { success, data } = ErasedFile.safeParse(asJson(text));
  if (success) return data.erasures;
  throw new ExporterError(
    'erased_runs_unreadable',
    `${path} does not say which runs were erased; put it back as it was, or move it away: what journal/ still has of them is written again then, and has to be erased again`,
  );
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Told by the caller.
  }
}
