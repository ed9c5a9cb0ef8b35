import {
  appendHold,
  readHolds,
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
  readonly erase: (selector: ErasureSelector) => Promise<ErasureResult>;
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
  holds(): Promise<readonly LegalHold[]>;
  /** The hold that was ordered or lifted; `undefined` where none in force has the id. */
  hold(request: HoldRequest): Promise<LegalHold | undefined>;
}

export function createDataActions(options: DataActionsOptions): DataActions {
  const { dataDir, ledger } = options;
  const record = recorder(options);
  return {
    erase: async ({ subject, reason, by }) => {
      // The log is never changed, so it must not name whom it says was erased.
      const about = { subject: subject.kind, digest: `sha256:${sha256Hex(subject.id)}`, reason };
      await record('data.erased', by, { ...about, phase: 'begun' });
      const result = await options.erase(selectorOf(subject));
      const holds = await readHolds(dataDir);
      const details = await destroyDetailsOf({
        ledger,
        details: options.details,
        subject,
        holds,
        heldRuns: result.refused.flatMap(({ trajectoryId: id }) => id ?? []),
        erasedRuns: result.erased,
      });
      await options.onDestroyed?.(details.digests);
      const report = reportOf({ result, openRuns: await options.openRuns(), details });
      const { openRuns: _openRuns, refused, files, ...numbers } = report;
      const counts = { ...numbers, files: files.length };
      await record('data.erased', by, { ...about, phase: 'done', ...counts, refused });
      return { ...report, stays: [...(await findMentions(dataDir, subject))] };
    },
    holds: () => readHolds(dataDir),
    hold: async (request) => {
      const { by, reason } = request;
      const at = iso(options.now());
      if (request.order === 'add') {
        const { selector } = request;
        const id = `hold_${options.randomId()}`;
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
    },
  };
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
