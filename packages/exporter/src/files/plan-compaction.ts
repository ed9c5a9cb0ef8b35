import { trajectoryFileOf, type TrajectoryFile } from '@aftertrace/schema';

import { listFiles, type ListedFile } from './file-names.ts';
import { holdCheck, readHolds, type HoldCheck } from './holds.ts';
import { CellType } from './index-cell.ts';
import { readIndexes, type IndexSnapshot } from './index-snapshot.ts';
import type { IndexView } from './index-view.ts';

/** Ages below which lines stay, by the outcome of their run. */
export type MinAgeMillis = Readonly<Record<TrajectoryFile, number>>;

/** What a plan is made from. */
export interface CompactionScope {
  readonly dataDir: string;
  /** Where the legal holds lie. Default: the data directory. */
  readonly holdsDir?: string;
  readonly minAgeMillis: MinAgeMillis;
  /** Milliseconds since the epoch. */
  readonly nowMillis: number;
}

/** Lines of one file that nothing needs. */
export interface FileCompaction {
  readonly file: ListedFile;
  /** As it was when the plan was made. */
  readonly view: IndexView;
  readonly gone: ReadonlySet<number>;
  /** Lines of runs among them; the others are marks. */
  readonly lines: number;
  /** Of all of them, before compression. */
  readonly bytes: number;
}

/** What is to be done, in this order. */
export interface CompactionPlan {
  readonly files: readonly FileCompaction[];
  /** Superseded lines that a legal hold keeps. */
  readonly held: number;
  /** Superseded lines that are below their minimum age. */
  readonly young: number;
}

/**
 * Which lines are superseded: by a higher revision of their run, or since another run took it in. Their marks go with
 * them. A run with one held revision keeps all of them.
 *
 * Lines in the second format come first: that a run was taken in by another is only told by the lines of the first.
 *
 * Rejects with ExporterError `holds_unreadable` where the holds are not known.
 */
export async function planCompaction(scope: CompactionScope): Promise<CompactionPlan> {
  const { dataDir } = scope;
  const holds = await readHolds(scope.holdsDir ?? dataDir);
  const runs = await readIndexes(dataDir, await listFiles(dataDir));
  const hermes = await readIndexes(dataDir, await listFiles(dataDir, ['hermes']));
  const held = holds.length === 0 ? new Set<string>() : heldRuns([runs, hermes], holdCheck(holds));
  const takenIn = takenInRuns(runs);
  const inHermes = planFiles(hermes, {
    scope,
    held,
    isOutdated: (view, cell) => takenIn.has(keyOf(view, cell)),
  });
  const inRuns = planFiles(runs, { scope, held, isOutdated: () => false });
  return {
    files: [...inHermes.files, ...inRuns.files],
    held: inHermes.held + inRuns.held,
    young: inHermes.young + inRuns.young,
  };
}

const keyOf = (view: IndexView, cell: number): string => view.id(cell).toString('latin1');

function heldRuns(snapshots: readonly IndexSnapshot[], holdOf: HoldCheck): Set<string> {
  const held = new Set<string>();
  for (const { files } of snapshots) {
    for (const { view } of files) {
      for (const { cell, kind } of view.lines()) {
        if (kind === 'trajectory' && holdOf(view, cell) !== undefined) held.add(keyOf(view, cell));
      }
    }
  }
  return held;
}

/** Runs whose lines are all superseded: they stand in another run now. */
function takenInRuns(snapshot: IndexSnapshot): Set<string> {
  const { files } = snapshot;
  const marked = new Set<string>();
  for (const { view } of files) {
    for (const { cell, kind } of view.lines()) if (kind === 'mark') marked.add(keyOf(view, cell));
  }
  if (marked.size === 0) return marked;
  for (const [number, { view }] of files.entries()) {
    for (const { cell, kind } of view.lines()) {
      if (kind === 'trajectory' && snapshot.isCurrent(number, cell))
        marked.delete(keyOf(view, cell));
    }
  }
  return marked;
}

interface Judging {
  readonly scope: CompactionScope;
  readonly held: ReadonlySet<string>;
  /** What makes a line superseded besides a higher revision. */
  readonly isOutdated: (view: IndexView, cell: number) => boolean;
}

function planFiles(snapshot: IndexSnapshot, { scope, held, isOutdated }: Judging): CompactionPlan {
  const { files } = snapshot;
  const { minAgeMillis, nowMillis } = scope;
  const kept = { held: 0, young: 0 };
  const staying = new Set<string>();
  const gone = files.map(({ view }, number) => {
    const cells = new Set<number>();
    for (let cell = 0; cell < view.cells; cell += 1) {
      if (view.type(cell) !== CellType.LINE) continue;
      if (snapshot.isCurrent(number, cell) && !isOutdated(view, cell)) continue;
      const isHeld = held.has(keyOf(view, cell));
      const minAge = minAgeMillis[trajectoryFileOf(view.outcome(cell))];
      const isYoung = view.endMillis(cell) + minAge > nowMillis;
      if (isHeld) kept.held += 1;
      else if (isYoung) kept.young += 1;
      if (isHeld || isYoung) staying.add(revisionKey(view, cell));
      else cells.add(cell);
    }
    return cells;
  });
  for (const [number, { view }] of files.entries()) {
    for (const { cell, kind } of view.lines())
      if (kind === 'mark' && !staying.has(revisionKey(view, cell))) gone[number]?.add(cell);
  }
  const planned = files.flatMap(({ file, view }, number) => {
    const cells = gone[number] ?? new Set<number>();
    return cells.size === 0 ? [] : [{ file, view, gone: cells, ...sizeOf(view, cells) }];
  });
  return { files: planned, ...kept };
}

const revisionKey = (view: IndexView, cell: number): string =>
  `${view.revision(cell)} ${keyOf(view, cell)}`;

function sizeOf(view: IndexView, cells: ReadonlySet<number>): { lines: number; bytes: number } {
  let lines = 0;
  let bytes = 0;
  for (const cell of cells) {
    if (view.type(cell) === CellType.LINE) lines += 1;
    bytes += view.length(cell) + 1;
  }
  return { lines, bytes };
}
