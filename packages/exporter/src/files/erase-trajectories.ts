import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { TrajectoryFile } from '@aftertrace/schema';

import { removeBlobs } from './blobs.ts';
import { listFiles, type ListedFile } from './file-names.ts';
import { holdCheck, readHolds, type HoldCheck } from './holds.ts';
import { CellType } from './index-cell.ts';
import type { IndexView } from './index-view.ts';
import { lineId, textHash } from './line-id.ts';
import { createPlaceReader } from './place-reader.ts';
import { rewriteWithout } from './rewrite-file.ts';
import { unneededBlobs, viewOf } from './survey-files.ts';

/** What to erase: runs that any of these covers. */
export interface ErasureSelector {
  /** All runs of this conversation. */
  readonly conversation?: string;
  /** All runs on behalf of this person (`onBehalfOf`, that is `user.id`). */
  readonly person?: string;
  /** These trajectories. */
  readonly ids?: readonly string[];
}

/** What an erasure is about to remove, by which it can be ended where it was broken off. */
export interface ErasurePlan {
  /** Ids of the runs; those not minted by us are not among them. */
  readonly ids: readonly string[];
  /** Digests of the blobs that only their lines may need. */
  readonly blobs: readonly string[];
}

export interface ErasureOptions {
  /** Called once before anything is removed, and awaited; where it rejects nothing is. */
  readonly onPlanned?: ((plan: ErasurePlan) => Promise<void>) | undefined;
  /** Blobs of an erasure that was broken off: those that no line needs are removed as well. */
  readonly blobs?: readonly string[];
}

/** What an erasure came to. */
export interface ErasureResult {
  /** Ids of the runs that are gone; those not minted by us are not among them, though counted in `erasedLines`. */
  readonly erased: readonly string[];
  /** Lines removed: every revision, superseded marks, the second format's. */
  readonly erasedLines: number;
  /** Files written anew or deleted, relative to the data directory. */
  readonly files: readonly string[];
  readonly removedBlobs: number;
  /** Runs that a legal hold keeps; they stand as they were. */
  readonly refused: readonly { readonly trajectoryId: string | undefined; readonly hold: string }[];
  /** Lines that nobody can tell whose they are: they do not say, and their index is lost. They stand as they were. */
  readonly unidentifiedLines: number;
}

/**
 * Removes runs from all trajectory files, the second format's included, with the blobs that no other run needs. What is
 * under legal hold stays and is told. Nobody may write to the data directory meanwhile: a running companion erases
 * through its store.
 *
 * Rejects with ExporterError `holds_unreadable` where the holds are not known, TypeError for an empty selector.
 */
export async function eraseTrajectories(
  dataDir: string,
  selector: ErasureSelector,
  { onPlanned, blobs: left = [] }: ErasureOptions = {},
): Promise<ErasureResult> {
  if (Object.values(selector).every((part) => part === undefined || part.length === 0))
    throw new TypeError('an erasure needs a conversation, a person or ids');
  const holdOf = holdCheck(await readHolds(dataDir));
  const files = await listFiles(dataDir, [...TrajectoryFile.options, 'hermes']);
  const findings = createFindings(left);
  const opened: { readonly file: ListedFile; readonly view: IndexView }[] = [];
  for (const file of files) {
    const view = await viewOf(dataDir, file);
    if (view === undefined) continue;
    opened.push({ file, view });
    findLines(view, matcherOf(selector), findings);
  }
  for (const { view } of opened) withholdLines(view, holdOf, findings);
  const going: { readonly file: ListedFile; readonly view: IndexView; readonly gone: Gone }[] = [];
  for (const { file, view } of opened) {
    const gone = await goneCells(dataDir, { file, view }, { selector, findings });
    going.push({ file, view, gone });
  }
  const erased = [...findings.found.values()].flatMap((id) => id ?? []);
  await onPlanned?.({ ids: erased, blobs: [...findings.blobs] });
  const rewritten: string[] = [];
  let erasedLines = 0;
  for (const { file, view, gone } of going) {
    if (gone.cells.size === 0) continue;
    await rewriteWithout({ dataDir, file, view }, (cell) => gone.cells.has(cell));
    erasedLines += gone.cells.size;
    rewritten.push(file.path);
  }
  const unneeded = await unneededBlobs(dataDir, findings.blobs, await listFiles(dataDir));
  await removeBlobs(dataDir, unneeded);
  return {
    erased,
    erasedLines,
    files: rewritten,
    removedBlobs: unneeded.length,
    refused: [...findings.held.values()],
    unidentifiedLines: going.reduce((sum, { gone }) => sum + gone.unidentified, 0),
  };
}

/** Runs that are gone now: those that were removed, and those named whose lines an erasure before had removed already. */
export function allErased(
  { ids = [] }: ErasureSelector,
  { erased, refused }: ErasureResult,
): readonly string[] {
  const held = new Set(refused.map(({ trajectoryId }) => trajectoryId));
  return [...new Set([...erased, ...ids.filter((id) => !held.has(id))])];
}

type CellCheck = (view: IndexView, cell: number) => boolean;

function matcherOf({ conversation, person, ids = [] }: ErasureSelector): CellCheck {
  const wanted = new Set(ids.map((id) => keyOf(lineId(id).bytes)));
  const conversationHash = conversation === undefined ? undefined : textHash(conversation);
  const personHash = person === undefined ? undefined : textHash(person);
  return (view, cell) =>
    (conversationHash !== undefined && view.isConversation(cell, conversationHash)) ||
    (personHash !== undefined && view.isPerson(cell, personHash)) ||
    (wanted.size > 0 && wanted.has(keyOf(view.id(cell))));
}

const keyOf = (id: Buffer): string => id.toString('latin1');

interface Findings {
  /** By the key of its id: the run's id, where it can be had. */
  readonly found: Map<string, string | undefined>;
  readonly held: Map<string, ErasureResult['refused'][number]>;
  /** Blobs of lines that go. */
  readonly blobs: Set<string>;
}

const createFindings = (blobs: readonly string[]): Findings => ({
  found: new Map(),
  held: new Map(),
  blobs: new Set(blobs),
});

/** Lines of one file that are to go. */
interface Gone {
  readonly cells: ReadonlySet<number>;
  readonly unidentified: number;
}

/** One revision of a run decides for all of them that it is to go. */
function findLines(view: IndexView, matches: CellCheck, { found }: Findings): void {
  for (let cell = 0; cell < view.cells; cell += 1) {
    if (view.type(cell) === CellType.LINE && matches(view, cell))
      found.set(keyOf(view.id(cell)), view.trajectoryId(cell));
  }
}

/** And one revision that is held keeps all of them. */
function withholdLines(view: IndexView, holdOf: HoldCheck, { found, held }: Findings): void {
  for (let cell = 0; cell < view.cells; cell += 1) {
    if (view.type(cell) !== CellType.LINE) continue;
    const key = keyOf(view.id(cell));
    const hold = found.has(key) ? holdOf(view, cell) : undefined;
    if (hold === undefined) continue;
    held.set(key, { trajectoryId: view.trajectoryId(cell), hold: hold.id });
    found.delete(key);
  }
}

async function goneCells(
  dataDir: string,
  { file, view }: { readonly file: ListedFile; readonly view: IndexView },
  { selector, findings }: { readonly selector: ErasureSelector; readonly findings: Findings },
): Promise<Gone> {
  const cells = new Set<number>();
  const broken: number[] = [];
  for (const { cell, kind } of view.lines()) {
    if (kind === 'broken') broken.push(cell);
    else if (findings.found.has(keyOf(view.id(cell)))) {
      cells.add(cell);
      if (kind === 'trajectory')
        for (const { digest } of view.blobs(cell)) findings.blobs.add(digest);
    }
  }
  const unidentified = file.family === 'hermes' ? broken.length : 0;
  if (unidentified > 0 || broken.length === 0) return { cells, unidentified };
  for (const cell of await namingCells(join(dataDir, file.path), { view, broken, selector }))
    cells.add(cell);
  return { cells, unidentified };
}

/** Lines that cannot be read are judged by whether they have the words in them. */
async function namingCells(
  path: string,
  what: {
    readonly view: IndexView;
    readonly broken: readonly number[];
    readonly selector: ErasureSelector;
  },
): Promise<readonly number[]> {
  const { conversation, person, ids = [] } = what.selector;
  const words = [conversation, person, ...ids]
    .filter((word) => word !== undefined && word !== '')
    .map((word) => Buffer.from(JSON.stringify(word)));
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const reader = createPlaceReader(file);
    const found: number[] = [];
    for (const cell of what.broken) {
      const line = await reader.read(what.view.place(cell));
      if (words.some((word) => line.includes(word))) found.push(cell);
    }
    return found;
  } finally {
    await file?.close();
  }
}
