import {
  appendHold,
  readHolds,
  type ErasureOptions,
  type ErasureResult,
  type ErasureSelector,
} from '@aftertrace/exporter';
import type { DetailStore } from '@aftertrace/control';
import type { Ledger } from '@aftertrace/ledger';
import { sha256Hex, type Actor, type AuditType, type LegalHold } from '@aftertrace/schema';
import { z } from 'zod';

import { destroyDetailsOf, type DestroyedDetails } from './destroy-details.ts';
import type { EraseRequest, HoldRequest, Subject } from './data-requests.ts';
import { findMentions, Mention } from './find-mentions.ts';
import { createPendingErasures, type PendingErasure } from './pending-erasures.ts';

/** What an erasure came to, and what else still names the subject. */
export const ErasureReport = z.object({
  runs: z.int(),
  lines: z.int(),
  files: z.array(z.string()),
  blobs: z.int(),
  /** Arguments and results behind digests in the audit log, destroyed with their keys. */
  details: z.int(),
  /** Such values that a legal hold keeps. */
  heldDetails: z.int(),
  /** Runs that a legal hold keeps. */
  refused: z.array(z.object({ trajectoryId: z.string().optional(), hold: z.string() })),
  /** Lines of which nobody can tell whose they are. */
  unidentifiedLines: z.int(),
  /** Requests that wait in the journal for their runs to end: they may be the subject's too. */
  openRuns: z.int(),
  /** Records of other kinds that stay, with why. */
  stays: z.array(Mention),
});
export type ErasureReport = z.infer<typeof ErasureReport>;

export interface DataActionsOptions {
  readonly dataDir: string;
  readonly ledger: Ledger;
  /** Values that the audit log has the digests of. */
  readonly details: DetailStore;
  readonly erase: (selector: ErasureSelector, options: ErasureOptions) => Promise<ErasureResult>;
  /** Runs that are not written yet; what is held of them cannot be told apart by person. */
  readonly openRuns: () => Promise<number>;
  /** What was verified of whoever gives the order. */
  readonly assurance: Actor['assurance'];
  readonly now: () => number;
  readonly randomId: () => string;
  /** Told of details that are destroyed: whoever has them in memory forgets them. */
  readonly onDestroyed?: (digests: ReadonlySet<string>) => Promise<void>;
}

/** Orders about data, each noted in the audit log. */
export interface DataActions {
  /** Rejects with ExporterError `holds_unreadable` where the holds are not known: then nothing is erased. */
  erase(request: EraseRequest): Promise<ErasureReport>;
  /**
   * Ends the erasures that a crash or a failure broke off, each in the name of who ordered it; resolves with how many. One
   * that fails again is told to `onProblem`, and stays for the next time.
   */
  resumeErasures(onProblem: (message: string) => void): Promise<number>;
  holds(): Promise<readonly LegalHold[]>;
  /** The hold that was ordered or lifted; `undefined` where none in force has the id. */
  hold(request: HoldRequest): Promise<LegalHold | undefined>;
}

export function createDataActions(options: DataActionsOptions): DataActions {
  const { dataDir } = options;
  const record = recorder(options);
  const pending = createPendingErasures(dataDir);
  const end = async (erasure: PendingErasure, isResumed: boolean): Promise<ErasureReport> => {
    const { subject, reason, by } = erasure.request;
    const report = await eraseSubject(options, erasure, pending.write);
    const { openRuns: _openRuns, refused, files, ...numbers } = report;
    const counts = { ...numbers, files: files.length };
    const how = isResumed ? { resumed: true } : {};
    const about = aboutErasure(subject, reason);
    await record('data.erased', by, { ...about, phase: 'done', ...how, ...counts, refused });
    await pending.remove(erasure.id);
    return { ...report, stays: [...(await findMentions(dataDir, subject))] };
  };
  return {
    erase: async (request) => {
      const { subject, reason, by } = request;
      await record('data.erased', by, { ...aboutErasure(subject, reason), phase: 'begun' });
      const erasure = { id: options.randomId(), request, runs: [], blobs: [] };
      // From here on it is done, whatever happens to this process.
      await pending.write(erasure);
      return end(erasure, false);
    },
    resumeErasures: async (onProblem) => {
      const { left, unreadable } = await pending.list();
      for (const file of unreadable)
        onProblem(`${file} is no erasure that could be ended; look whose it was, and erase again`);
      let ended = 0;
      for (const erasure of left) {
        try {
          await end(erasure, true);
          ended += 1;
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          onProblem(`an erasure that was broken off could not be ended: ${why}`);
        }
      }
      return ended;
    },
    holds: () => readHolds(dataDir),
    hold: async (request) => orderHold(options, record, request),
  };
}

/** The hold that was ordered or lifted. */
async function orderHold(
  { dataDir, now, randomId }: DataActionsOptions,
  record: ReturnType<typeof recorder>,
  request: HoldRequest,
): Promise<LegalHold | undefined> {
  const { by, reason } = request;
  const at = iso(now());
  if (request.order === 'add') {
    const { selector } = request;
    const id = `hold_${randomId()}`;
    const hold: LegalHold = {
      schema_version: 'aftertrace.hold.v1',
      id,
      at,
      by,
      reason,
      selector,
    };
    await record('hold.ordered', by, { hold: id, selector, reason });
    await appendHold(dataDir, hold);
    return hold;
  }
  const { id } = request;
  const hold = (await readHolds(dataDir)).find((one) => one.id === id);
  if (hold === undefined) return undefined;
  await record('hold.released', by, { hold: id, reason });
  await appendHold(dataDir, {
    schema_version: 'aftertrace.hold_released.v1',
    id,
    at,
    by,
    reason,
  });
  return hold;
}

/** The log is never changed, so it must not name whom it says was erased. */
function aboutErasure(subject: Subject, reason: string): Readonly<Record<string, unknown>> {
  return { subject: subject.kind, digest: `sha256:${sha256Hex(subject.id)}`, reason };
}

/** The work itself. It may be done again from its beginning, wherever it was broken off. */
async function eraseSubject(
  options: DataActionsOptions,
  erasure: PendingErasure,
  write: (erasure: PendingErasure) => Promise<void>,
): Promise<Omit<ErasureReport, 'stays'>> {
  const { dataDir, ledger, details } = options;
  const { subject } = erasure.request;
  let { runs, blobs } = erasure;
  const result = await options.erase(withRuns(selectorOf(subject), runs), {
    blobs,
    // Who is to be found by runs alone is not found any more once their lines are gone.
    onPlanned: async (plan) => {
      runs = [...new Set([...runs, ...plan.ids])];
      blobs = [...plan.blobs];
      await write({ ...erasure, runs, blobs });
    },
  });
  const heldRuns = result.refused.flatMap(({ trajectoryId: id }) => id ?? []);
  const destroyed = await destroyDetailsOf({
    ledger,
    details,
    subject,
    holds: await readHolds(dataDir),
    heldRuns,
    erasedRuns: runs.filter((id) => !heldRuns.includes(id)),
  });
  await options.onDestroyed?.(destroyed.digests);
  return reportOf({ result, openRuns: await options.openRuns(), details: destroyed });
}

function withRuns(selector: ErasureSelector, runs: readonly string[]): ErasureSelector {
  return runs.length === 0 ? selector : { ...selector, ids: [...(selector.ids ?? []), ...runs] };
}

/** Writes an order of a person into the audit log. */
function recorder({ ledger, now, assurance }: DataActionsOptions) {
  return async (
    type: AuditType,
    by: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    const actor: Actor = { kind: 'human', id: by, assurance };
    await ledger.append({ at: iso(now()), actor, type, data: { ...data } });
  };
}

function selectorOf({ kind, id }: Subject): ErasureSelector {
  switch (kind) {
    case 'conversation':
      return { conversation: id };
    case 'person':
      return { person: id };
    case 'run':
      return { ids: [id] };
  }
}

interface Erased {
  readonly result: ErasureResult;
  readonly openRuns: number;
  readonly details: DestroyedDetails;
}

function reportOf({ result, openRuns, details }: Erased): Omit<ErasureReport, 'stays'> {
  return {
    runs: result.erased.length,
    lines: result.erasedLines,
    files: [...result.files],
    blobs: result.removedBlobs,
    details: details.destroyed,
    heldDetails: details.held,
    refused: result.refused.map(({ trajectoryId, hold }) =>
      trajectoryId === undefined ? { hold } : { trajectoryId, hold },
    ),
    unidentifiedLines: result.unidentifiedLines,
    openRuns,
  };
}

function iso(millis: number): string {
  return new Date(millis).toISOString();
}
