import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readTrajectories } from '@aftertrace/exporter';
import { readIncidents } from '@aftertrace/incidents';
import { verifyLedger } from '@aftertrace/ledger';
import {
  LedgerEntry,
  type Incident,
  type Review,
  type WrittenTrajectory,
} from '@aftertrace/schema';

import { createReview } from './create-review.ts';
import { renderReviewMarkdown } from './render-review-markdown.ts';
import { isRunOf } from './review-facts.ts';

/** A review and its text, or why there is none. */
export type ReviewIncidentResult =
  | { readonly ok: true; readonly review: Review; readonly markdown: string }
  | { readonly ok: false; readonly code: 'not_found'; readonly message: string };

interface ReadAuditLog {
  readonly entries: readonly LedgerEntry[];
  readonly gaps: readonly string[];
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseEntry(line: string): LedgerEntry | undefined {
  try {
    return LedgerEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Reads the audit log and checks its chain: what does not hold is told, and what can be read is used all the same. */
async function readAuditLog(
  path: string,
  openEntry: (entry: LedgerEntry) => Promise<LedgerEntry>,
): Promise<ReadAuditLog> {
  const text = await readText(path);
  if (text === undefined) return { entries: [], gaps: ['There is no audit log.'] };
  // A running companion may be in the middle of its last line.
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  const { problems, removal } = await verifyLedger(linesOf(lines));
  const [first] = problems;
  const broken =
    first === undefined
      ? []
      : [
          `The audit log does not verify (${problems.length} problems; the first in line ${first.line}: ${first.message}).`,
        ];
  const gone =
    removal === undefined
      ? []
      : [
          `The audit log begins after entry ${removal.through}: what was settled before was removed by retention at ${removal.at}.`,
        ];
  const entries = lines.flatMap((line) => parseEntry(line) ?? []);
  // What was carried over from removed entries is as good as they were.
  const carried = entries
    .filter(({ type, data }) => type === 'ledger.carried' && data['trim'] === removal?.trim)
    .flatMap(({ data }) => LedgerEntry.safeParse(data['entry']).data ?? []);
  const opened: LedgerEntry[] = [];
  // One after the other: each may take open files, and one too many would pass for a text that was erased.
  for (const entry of [...carried, ...entries]) opened.push(await openEntry(entry));
  return { entries: opened, gaps: [...broken, ...gone] };
}

async function asItStands(entry: LedgerEntry): Promise<LedgerEntry> {
  return entry;
}

async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function runsOf(dataDir: string, incident: Incident): Promise<readonly WrittenTrajectory[]> {
  const runs: WrittenTrajectory[] = [];
  for await (const written of readTrajectories(dataDir)) {
    if (isRunOf(incident, written)) runs.push(written);
  }
  return runs;
}

/** Reads what a review needs from a data directory, with or without a running companion. Writes nothing. */
export async function reviewIncident(options: {
  readonly dataDir: string;
  readonly incidentId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** See `RenderOptions`. */
  readonly linkBase?: string;
  /** An entry of the audit log with the texts that are kept outside it. Default: as it stands in the log. */
  readonly openEntry?: (entry: LedgerEntry) => Promise<LedgerEntry>;
}): Promise<ReviewIncidentResult> {
  const { dataDir, incidentId, now, linkBase, openEntry = asItStands } = options;
  const { incidents, problems } = await readIncidents(dataDir);
  const incident = incidents.find(({ id }) => id === incidentId);
  if (incident === undefined) {
    const known = incidents.length === 0 ? 'there are none' : `there are ${incidents.length}`;
    return {
      ok: false,
      code: 'not_found',
      message: `no incident ${JSON.stringify(incidentId.slice(0, 100))} in this data directory; ${known}`,
    };
  }
  const audit = await readAuditLog(join(dataDir, 'audit.jsonl'), openEntry);
  const broken = problems
    .filter((problem) => problem.incident === undefined || problem.incident === incidentId)
    .map(({ line, message }) => `Line ${line} of the incident log does not hold: ${message}.`);
  const review = createReview({
    incident,
    trajectories: await runsOf(dataDir, incident),
    auditEntries: audit.entries,
    now,
    others: incidents,
    knownGaps: [...audit.gaps, ...broken],
  });
  const markdown = renderReviewMarkdown(review, linkBase === undefined ? {} : { linkBase });
  return { ok: true, review, markdown };
}
