import { join } from 'node:path';

import type { Trajectory } from '@aftertrace/schema';

import { readWithBlobs } from '../files/blobs.ts';
import type { CompactionResult } from '../files/compact-files.ts';
import type { FilesConfigInput } from '../files/files-config.ts';
import { readTrajectories } from '../trajectory/read-trajectories.ts';
import { createTrajectoryStore } from '../trajectory/trajectory-store.ts';
import type {
  StoreCompactionOptions,
  TrajectoryStore,
} from '../trajectory/trajectory-store-api.ts';
import { conversationLineId, mergeAgain } from './merge-runs.ts';
import { createPendingFile, type PendingFile, type PendingRun } from './pending-file.ts';

/** Below the data directory; laid out like one itself, so that every reader of lines reads it. */
export const CONVERSATIONS_DIR = 'conversations';

export interface ConversationLinesOptions {
  readonly dataDir: string;
  /** How the files lie; `group` is not looked at. */
  readonly files: FilesConfigInput;
  /** A conversation is written when no run of it ended for so long. */
  readonly idleMillis: number;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  readonly onProblem: (problem: string, cause: unknown) => void;
}

/**
 * One line a conversation, beside the lines of its runs, which stay what evidence refers to. A conversation that goes on
 * after its line was written gets a new revision of it.
 */
export interface ConversationLines {
  start(): Promise<void>;
  /** Notes runs whose lines are on disk; resolves when the notes are too. */
  note(runs: readonly Trajectory[]): Promise<void>;
  /** Writes the conversations that are quiet; with `all` every one. Never rejects: what fails is tried again. */
  write(all?: boolean): Promise<void>;
  /**
   * Removes the lines of conversations that these runs were part of, since the runs were erased; what is left of such a
   * conversation is written again in time. Gives the number of lines removed.
   */
  forget(erasedRuns: readonly string[]): Promise<number>;
  /** Drops superseded lines of conversations, as `TrajectoryStore.compact` does. */
  compact(options?: StoreCompactionOptions): Promise<CompactionResult>;
  /** Conversations that wait for their line. */
  pending(): number;
  close(): Promise<void>;
}

export function createConversationLines(options: ConversationLinesOptions): ConversationLines {
  return new QuietConversations(options);
}

/** Conversations that are written in one go, so that the indexes are read once for all. */
const CONVERSATIONS_AT_ONCE = 500;

/** Beyond it those that were quiet longest are written early; a later run makes a new revision. */
const MAX_OPEN_CONVERSATIONS = 50_000;

interface Open {
  readonly runs: Set<string>;
  quietSince: number;
}

class QuietConversations implements ConversationLines {
  readonly #options: ConversationLinesOptions;
  readonly #directory: string;
  readonly #store: TrajectoryStore;
  readonly #file: PendingFile;
  /** The one that was quiet longest first. */
  readonly #open = new Map<string, Open>();
  #writing: Promise<void> = Promise.resolve();
  #isProblemTold = false;

  constructor(options: ConversationLinesOptions) {
    this.#options = options;
    this.#directory = join(options.dataDir, CONVERSATIONS_DIR);
    this.#store = createTrajectoryStore(this.#directory, {
      config: options.files,
      holdsDir: options.dataDir,
    });
    this.#file = createPendingFile(this.#directory);
  }

  async start(): Promise<void> {
    await this.#store.start();
    for (const { conversation, run } of await this.#file.load()) this.#remember(conversation, run);
  }

  async note(runs: readonly Trajectory[]): Promise<void> {
    const noted = runs.flatMap((run) => {
      const conversation = run.extra.aftertrace.conversationId;
      return conversation === undefined ? [] : [{ conversation, run: run.trajectory_id }];
    });
    const news = noted.filter(
      ({ conversation, run }) => this.#open.get(conversation)?.runs.has(run) !== true,
    );
    await this.#file.note(news);
    for (const { conversation, run } of noted) this.#remember(conversation, run);
  }

  write(all = false): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeDue(all));
    return this.#writing;
  }

  forget(erasedRuns: readonly string[]): Promise<number> {
    const forgotten = this.#writing.then(() => this.#forget(new Set(erasedRuns)));
    // Whoever asked hears of a failure; the next in line goes on.
    this.#writing = forgotten.then(
      () => undefined,
      () => undefined,
    );
    return forgotten;
  }

  compact(options?: StoreCompactionOptions): Promise<CompactionResult> {
    return this.#store.compact(options);
  }

  pending(): number {
    return this.#open.size;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#store.close();
    await this.#file.close();
  }

  async #forget(erased: ReadonlySet<string>): Promise<number> {
    if (erased.size === 0) return 0;
    const ids: string[] = [];
    const left: PendingRun[] = [];
    for await (const { trajectory } of readTrajectories(this.#directory)) {
      const { runs = [], conversationId: conversation } = trajectory.extra.aftertrace;
      if (conversation === undefined || !runs.some((run) => erased.has(run))) continue;
      ids.push(trajectory.trajectory_id);
      for (const run of runs) if (!erased.has(run)) left.push({ conversation, run });
    }
    for (const [conversation, { runs }] of this.#open) {
      for (const run of erased) runs.delete(run);
      if (runs.size === 0) this.#open.delete(conversation);
    }
    await this.#file.note(left);
    for (const { conversation, run } of left) this.#remember(conversation, run);
    if (ids.length === 0) return 0;
    const { erasedLines } = await this.#store.erase({ ids });
    return erasedLines;
  }

  #remember(conversation: string, run: string): void {
    const open = this.#open.get(conversation) ?? { runs: new Set(), quietSince: 0 };
    open.runs.add(run);
    open.quietSince = this.#options.now();
    this.#open.delete(conversation);
    this.#open.set(conversation, open);
  }

  async #writeDue(all: boolean): Promise<void> {
    const until = this.#options.now() - this.#options.idleMillis;
    const tooMany = this.#open.size - MAX_OPEN_CONVERSATIONS;
    const due = [...this.#open].filter(
      ([, { quietSince }], index) => all || quietSince <= until || index < tooMany,
    );
    try {
      for (let from = 0; from < due.length; from += CONVERSATIONS_AT_ONCE) {
        await this.#writeSome(new Map(due.slice(from, from + CONVERSATIONS_AT_ONCE)));
      }
      if (due.length > 0) await this.#file.keep(() => this.#notes());
      this.#isProblemTold = false;
    } catch (cause) {
      if (!this.#isProblemTold)
        this.#options.onProblem('conversations cannot be written; trying again', cause);
      this.#isProblemTold = true;
    }
  }

  async #writeSome(due: ReadonlyMap<string, Open>): Promise<void> {
    const { dataDir } = this.#options;
    const ids = new Set([...due.values()].flatMap(({ runs }) => [...runs]));
    const lineIds = [...due.keys()].map(conversationLineId);
    const before = new Map<string, Trajectory>();
    // What was written before names the runs that it was made of.
    for await (const { trajectory } of readTrajectories(this.#directory, { ids: lineIds })) {
      before.set(trajectory.trajectory_id, await readWithBlobs(this.#directory, trajectory));
      for (const run of trajectory.extra.aftertrace.runs ?? []) ids.add(run);
    }
    const runsOf = new Map<string, Trajectory[]>();
    for await (const { trajectory } of readTrajectories(dataDir, { ids })) {
      const conversation = trajectory.extra.aftertrace.conversationId;
      if (conversation === undefined || !due.has(conversation)) continue;
      const runs = runsOf.get(conversation) ?? [];
      runs.push(await readWithBlobs(dataDir, trajectory));
      runsOf.set(conversation, runs);
    }
    await this.#store.write(
      [...runsOf].map(([conversation, runs]) =>
        mergeAgain(conversation, runs, before.get(conversationLineId(conversation))),
      ),
    );
    for (const [conversation, { runs }] of due) {
      const now = this.#open.get(conversation);
      // Runs that came meanwhile wait for the next time.
      if (now !== undefined && now.runs.size === runs.size) this.#open.delete(conversation);
    }
  }

  #notes(): readonly PendingRun[] {
    return [...this.#open].flatMap(([conversation, { runs }]) =>
      [...runs].map((run) => ({ conversation, run })),
    );
  }
}
