import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { createDetailStore } from '@aftertrace/control';
import {
  backupDataDir,
  checkDataDir,
  eraseRuns,
  readHolds,
  readLock,
  type BackupResult,
  type DataProblem,
} from '@aftertrace/exporter';
import { HoldSelector, LegalHold } from '@aftertrace/schema';
import { z } from 'zod';

import { callCompanion } from '../call-companion.ts';
import { notedPublicKeys } from '../companion/audit-key.ts';
import {
  auditFiles,
  verifyAuditLog,
  visitAuditLedger,
  type AuditReport,
} from '../companion/audit-ledger.ts';
import { createDataActions, ErasureReport, type DataActions } from '../companion/data-actions.ts';
import { openOwnDataDir } from '../companion/data-dir.ts';
import { DataPath, parseSubject, type HoldRequest } from '../companion/data-requests.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';
import { untilUnchanged } from '../until-unchanged.ts';

interface DataOptions {
  readonly data: string;
  readonly json: boolean;
}

/** Who orders something, and why; both go into the audit log. */
interface Order extends DataOptions {
  readonly by: string;
  readonly reason: string;
}

/** Everything that a check looks at. */
interface WholeReport {
  readonly ok: boolean;
  readonly problems: readonly DataProblem[];
  readonly omitted: number;
  readonly lines: number;
  readonly files: number;
  readonly blobs: number;
  readonly journalRecords: number;
  readonly auditEntries: number;
}

/** `aftertrace data check`: reads everything, writes nothing; beside a running companion too. */
export async function checkData(options: DataOptions, output: Output): Promise<ExitCode> {
  const report = await checkWhole(await requireData(options.data));
  if (options.json) output.out(JSON.stringify(report));
  else output.out(describeReport(options.data, report));
  return report.ok ? ExitCode.OK : ExitCode.FAILED;
}

async function checkWhole(dataDir: string): Promise<WholeReport> {
  const { version: _version, ...report } = await checkDataDir(dataDir);
  const isRunning = (await readLock(dataDir)) !== undefined;
  const ledger = await verifyIfThere(dataDir, isRunning);
  const problems: DataProblem[] = [
    ...report.problems,
    ...ledger.problems.map(({ file, line, kind, message }) => ({
      // While a companion writes, the last line may be on its way.
      severity: kind === 'torn' && isRunning ? ('warning' as const) : ('error' as const),
      where: `${path.basename(file ?? 'audit.jsonl')}:${line}`,
      message,
    })),
    ...ledger.incidents.map(({ incident, line, kind, message }) => ({
      severity: 'error' as const,
      where: line === undefined ? 'incidents.jsonl' : `incidents.jsonl:${line}`,
      message: `${kind}: ${incident === undefined ? '' : `incident ${incident}: `}${message}`,
    })),
  ];
  return {
    ...report,
    ok: report.ok && problems.every(({ severity }) => severity !== 'error'),
    problems,
    omitted: report.omitted + ledger.omitted,
    auditEntries: ledger.entries,
  };
}

async function verifyIfThere(dataDir: string, hasWriter: boolean): Promise<AuditReport> {
  const { log, checkpoints, incidents } = auditFiles(dataDir);
  const keys = await notedPublicKeys(dataDir);
  return verifyAuditLog(log, { checkpoints: [checkpoints], keys, hasWriter, incidents });
}

function describeReport(dataDir: string, report: WholeReport): string {
  const { lines, files, blobs, journalRecords, auditEntries, problems, omitted } = report;
  const counts = `${lines} lines in ${files} files, ${blobs} texts, ${journalRecords} requests in the journal, ${auditEntries} audit entries`;
  const isUnchecked = problems.some(({ severity }) => severity === 'unchecked');
  const sound = isUnchecked ? 'sound as far as could be checked' : 'sound';
  const head = `${dataDir}: ${report.ok ? sound : 'NOT sound'}; ${counts}`;
  const rows = problems.map(({ severity, where, message }) => [severity, where, message]);
  const table =
    rows.length === 0 ? [] : [renderTable(['', 'WHERE', 'WHAT'], rows, { maxColumnChars: 160 })];
  const more = omitted === 0 ? [] : [`and ${omitted} more`];
  return [head, ...table, ...more].join('\n');
}

/** What a backup is made of. */
export interface BackupDataOptions extends DataOptions {
  /** Leave keys and secrets out. */
  readonly withoutKeys?: boolean;
  /** Copy keys and secrets into this directory instead. */
  readonly keysTo?: string;
}

/** Whoever has these can read what is encrypted, sign, and come in. */
const KEYS = /^(?:audit\.key\.pem|token|agent-token\.json|tokens\.json|detail-keys\/.*)$/;

/** `aftertrace data backup DIR`: copies while the companion runs, then checks the copy. */
export async function backupData(
  target: string,
  options: BackupDataOptions,
  output: Output,
): Promise<ExitCode> {
  const { keysTo, withoutKeys = false } = options;
  const dataDir = await requireData(options.data);
  const hasKeys = keysTo === undefined && !withoutKeys;
  let copied: BackupResult | undefined;
  const copy = async (): Promise<WholeReport> => {
    // What was copied before retention came in between does not belong together.
    if (copied !== undefined)
      for (const name of await readdir(target))
        await rm(path.join(target, name), { recursive: true });
    copied = await backupDataDir(dataDir, target, {
      includes: (name) => hasKeys || !KEYS.test(name),
    });
    return checkWhole(target);
  };
  const report = await untilUnchanged(auditFiles(dataDir).log, copy, ({ ok }) => ok);
  const { files, bytes } = copied ?? { files: 0, bytes: 0 };
  if (keysTo !== undefined)
    await backupDataDir(dataDir, keysTo, { includes: (name) => KEYS.test(name) });
  if (options.json) output.out(JSON.stringify({ target, files, bytes, hasKeys, check: report }));
  else
    output.out(
      `${files} files, ${bytes} bytes\n${describeReport(target, report)}\n${keysLine(options)}`,
    );
  return report.ok ? ExitCode.OK : ExitCode.FAILED;
}

function keysLine({ keysTo, withoutKeys = false }: BackupDataOptions): string {
  if (keysTo !== undefined)
    return `keys and tokens are in ${keysTo}: keep them apart; to restore, copy both into one directory`;
  return withoutKeys
    ? 'without keys and tokens: what is encrypted cannot be read from it, and the audit log goes on with a new key'
    : 'with the keys: who has this copy can sign, and read what is erased later (--keys-to, --without-keys)';
}

/** `aftertrace data erase`: through the companion that has the directory open, else with its lock. */
export async function eraseData(
  options: Order & { readonly subject: string },
  output: Output,
): Promise<ExitCode> {
  const subject = parseSubject(options.subject);
  if (subject === undefined) {
    throw new CommandError('--subject is conversation:ID, person:ID or run:ID', {
      exitCode: ExitCode.USAGE,
    });
  }
  const { by, reason, data } = options;
  const request = { subject, by, reason };
  const report = await ((await isServed(data))
    ? ErasureReport.parseAsync(await callCompanion(DataPath.ERASE, request, data))
    : withActions(data, output, (actions) => actions.erase(request)));
  if (options.json) output.out(JSON.stringify(report));
  else output.out(describeErasure(report));
  return report.refused.length + report.unidentifiedLines === 0 ? ExitCode.OK : ExitCode.FAILED;
}

function describeErasure(report: ErasureReport): string {
  const { runs, lines, files, blobs, refused, unidentifiedLines, openRuns, stays } = report;
  const { details, heldDetails } = report;
  const held = refused.map(
    ({ trajectoryId = 'a run', hold }) => `  kept by legal hold ${hold}: ${trajectoryId}`,
  );
  const more = [
    unidentifiedLines === 0
      ? undefined
      : `  ${unidentifiedLines} lines of which nobody can tell whose they are were left (their index was lost)`,
    heldDetails === 0
      ? undefined
      : `  ${heldDetails} values behind digests in the audit log are kept by a legal hold`,
    openRuns === 0
      ? undefined
      : `  ${openRuns} runs go on and are in the journal: erase again when they have ended`,
    ...stays.map(({ file, lines: count, why }) => `  stays: ${file} (${count} lines): ${why}`),
    '  backups made before are not touched: erase in them too (--data BACKUP)',
  ].filter((line) => line !== undefined);
  return [
    `erased ${runs} runs: ${lines} lines from ${files.length} files, ${blobs} texts; ${details} values behind digests in the audit log`,
    ...held,
    ...more,
  ]
    .map((line) => sanitize(line, 600))
    .join('\n');
}

/** What a hold covers, as it stands on the command line. */
export interface HoldOptions extends Order {
  readonly run?: readonly string[];
  readonly conversation?: string;
  readonly from?: string;
  readonly until?: string;
}

/** `aftertrace data hold add` */
export async function addHold(options: HoldOptions, output: Output): Promise<ExitCode> {
  const { run, conversation, from, until } = options;
  const time = from === undefined && until === undefined ? undefined : { from, until };
  const selector = HoldSelector.safeParse(
    JSON.parse(JSON.stringify({ trajectoryIds: run, conversation, time })),
  );
  if (!selector.success) {
    const problems = selector.error.issues.map(({ message }) => message).join('; ');
    throw new CommandError(`a hold needs --run, --conversation, --from or --until: ${problems}`, {
      exitCode: ExitCode.USAGE,
    });
  }
  const { by, reason } = options;
  return giveHold(options, { order: 'add', selector: selector.data, by, reason }, output);
}

/** `aftertrace data hold release ID` */
export async function releaseHold(id: string, options: Order, output: Output): Promise<ExitCode> {
  const { by, reason } = options;
  return giveHold(options, { order: 'release', id, by, reason }, output);
}

const HoldAnswer = z.object({ hold: LegalHold });

async function giveHold(
  { data, json }: DataOptions,
  request: HoldRequest,
  output: Output,
): Promise<ExitCode> {
  const hold = (await isServed(data))
    ? HoldAnswer.parse(await callCompanion(DataPath.HOLDS, request, data)).hold
    : await withActions(data, output, (actions) => actions.hold(request));
  if (hold === undefined) throw new CommandError('no hold in force has this id');
  if (json) output.out(JSON.stringify(hold));
  else output.out(`${sanitize(hold.id)} ${request.order === 'add' ? 'is in force' : 'is lifted'}`);
  return ExitCode.OK;
}

/** `aftertrace data hold list` */
export async function listHolds(options: DataOptions, output: Output): Promise<ExitCode> {
  const holds = await readHolds(await requireData(options.data));
  if (options.json) for (const hold of holds) output.out(JSON.stringify(hold));
  else if (holds.length === 0) output.out('no legal holds');
  else {
    const rows = holds.map(({ id, at, by, reason, selector }) => [
      id,
      at,
      by,
      JSON.stringify(selector),
      reason,
    ]);
    output.out(renderTable(['HOLD', 'SINCE', 'BY', 'COVERS', 'REASON'], rows));
  }
  return ExitCode.OK;
}

async function isServed(data: string): Promise<boolean> {
  const owner = await readLock(await requireData(data));
  return owner?.console !== undefined;
}

/** Does it here, alone: with the lock, so that no companion writes meanwhile. */
async function withActions<T>(
  directory: string,
  output: Output,
  work: (actions: DataActions) => Promise<T>,
): Promise<T> {
  const dataDir = await openOwnDataDir(directory);
  try {
    const ledger = await visitAuditLedger(dataDir.path, Date.now);
    try {
      const actions = createDataActions({
        dataDir: dataDir.path,
        ledger,
        details: createDetailStore({ dataDir: dataDir.path }),
        erase: (selector, options) => eraseRuns(dataDir.path, selector, options),
        openRuns: async () => (await checkDataDir(dataDir.path)).journalRecords,
        assurance: 'asserted',
        now: Date.now,
        randomId: randomUUID,
      });
      await actions.resumeErasures((message) => output.err(message));
      return await work(actions);
    } finally {
      await ledger.close();
    }
  } finally {
    await dataDir.close();
  }
}
