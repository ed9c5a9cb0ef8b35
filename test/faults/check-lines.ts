import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Trajectory } from '@aftertrace/schema';

import { MARK } from './told-runs.ts';

/** What is wrong with the files of a data directory, in view of what was acknowledged. */
export interface LineCheck {
  readonly lines: number;
  readonly marks: number;
  readonly missing: readonly string[];
  /** Marks that are in more than one trajectory. */
  readonly twice: readonly string[];
  /** The same revision of the same trajectory in two lines. */
  readonly repeatedLines: readonly string[];
  /** Files that do not end with a line end, and lines that are no trajectory. */
  readonly torn: readonly string[];
}

/** Reads every line, not only the newest of each run, as another program would; those in hermes-agent's form apart. */
export function checkLines(dataDir: string, acknowledged: Iterable<string>): LineCheck {
  const torn: string[] = [];
  const repeatedLines: string[] = [];
  const revisions = new Set<string>();
  const newest = new Map<string, { readonly revision: number; readonly line: string }>();
  let lines = 0;
  for (const file of trajectoryFiles(dataDir)) {
    const text = textOf(file);
    if (text !== '' && !text.endsWith('\n')) torn.push(`${file}: no line end`);
    if (file.includes(HERMES)) continue;
    for (const [index, line] of text.split('\n').entries()) {
      if (line === '') continue;
      lines += 1;
      const told = trajectoryOf(line);
      if (told === undefined) {
        torn.push(`${file}:${index + 1}`);
        continue;
      }
      const { id, revision, superseded } = told;
      const key = `${path.relative(dataDir, file)} ${id}/${revision}`;
      if (superseded) continue;
      if (revisions.has(key)) repeatedLines.push(key);
      revisions.add(key);
      if ((newest.get(id)?.revision ?? 0) < revision) newest.set(id, { revision, line });
    }
  }
  const owners = new Map<string, string[]>();
  for (const [id, { line }] of newest) {
    for (const mark of new Set(line.match(MARK))) {
      owners.set(mark, [...(owners.get(mark) ?? []), id]);
    }
  }
  return {
    lines,
    marks: owners.size,
    missing: [...acknowledged].filter((mark) => !owners.has(mark)),
    twice: [...owners].filter(([, ids]) => ids.length > 1).map(([mark]) => mark),
    repeatedLines,
    torn,
  };
}

/** Waits until nothing acknowledged is missing any more, at most so long. */
export async function settledLines(
  dataDir: string,
  acknowledged: ReadonlySet<string>,
  limitMillis = 30_000,
): Promise<LineCheck> {
  const until = Date.now() + limitMillis;
  for (;;) {
    const began = Date.now();
    const check = checkLines(dataDir, acknowledged);
    if (check.missing.length === 0 || Date.now() > until) return check;
    // Reading many lines must not be all that happens.
    await delay(Math.max(500, Date.now() - began));
  }
}

/** Lines in hermes-agent's form, which name no run: a mark that stands in two of them is a run that stands there twice. */
export function checkHermesLines(dataDir: string, acknowledged: Iterable<string>): LineCheck {
  const torn: string[] = [];
  const owners = new Map<string, number>();
  let lines = 0;
  for (const file of trajectoryFiles(dataDir).filter((name) => name.includes(HERMES))) {
    for (const [index, line] of textOf(file).split('\n').entries()) {
      if (line === '') continue;
      lines += 1;
      if (!isHermesLine(line)) torn.push(`${file}:${index + 1}`);
      for (const mark of new Set(line.match(MARK))) owners.set(mark, (owners.get(mark) ?? 0) + 1);
    }
  }
  return {
    lines,
    marks: owners.size,
    missing: [...acknowledged].filter((mark) => !owners.has(mark)),
    twice: [...owners].filter(([, count]) => count > 1).map(([mark]) => mark),
    repeatedLines: [],
    torn,
  };
}

function isHermesLine(line: string): boolean {
  try {
    return 'conversations' in (JSON.parse(line) as object);
  } catch {
    return false;
  }
}

const HERMES = `${path.sep}hermes${path.sep}`;
const MAX_TEXT_BYTES = 2 ** 30;

/** Compressed files are read by the tool that everybody has for it. */
function textOf(file: string): string {
  return file.endsWith('.zst')
    ? execFileSync('zstd', ['-dcq', file], { encoding: 'utf8', maxBuffer: MAX_TEXT_BYTES })
    : readFileSync(file, 'utf8');
}

/** Everything that is wrong, in words. */
export function problemsOf(check: LineCheck): string[] {
  const kinds = ['missing', 'twice', 'repeatedLines', 'torn'] as const;
  return kinds.flatMap((kind) => {
    const found = check[kind];
    if (found.length === 0) return [];
    return [`${kind}: ${found.length} (${found.slice(0, 5).join(', ')})`];
  });
}

function trajectoryFiles(dataDir: string): string[] {
  const below = path.join(dataDir, 'trajectories');
  try {
    return readdirSync(below, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jsonl') || name.endsWith('.jsonl.zst'))
      .map((name) => path.join(below, name));
  } catch {
    // Not there yet.
    return [];
  }
}

function trajectoryOf(line: string) {
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    if (!('steps' in value)) return { id: '', revision: 0, superseded: 'superseded' in value };
    const { trajectory_id: id, extra } = Trajectory.parse(value);
    return { id, revision: extra.aftertrace.revision, superseded: false };
  } catch {
    return undefined;
  }
}
