import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';

import type { IncidentProblem } from '@aftertrace/incidents';
import type { CheckpointSource, LedgerProblem, Removal } from '@aftertrace/ledger';
import type { PublicKey } from '@aftertrace/schema/ed25519';
import { readLock } from '@aftertrace/exporter';

import { notedPublicKeys, readPublicKeys } from '../companion/audit-key.ts';
import { auditFiles, verifyAuditLog, type AuditReport } from '../companion/audit-ledger.ts';
import { checkpointsIn } from '../companion/read-checkpoints.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { untilUnchanged } from '../until-unchanged.ts';
import { renderTable } from '../terminal/table.ts';

/** Options of `aftertrace audit verify`. */
export interface VerifyAuditOptions {
  readonly data: string;
  /** A log by itself, as one that was exported; default: the one of the data directory. */
  readonly file?: string;
  /** Files of public keys; default: those that the data directory names itself. */
  readonly key?: readonly string[];
  /** Further files of checkpoints. */
  readonly checkpoints?: readonly string[];
  /** The incidents that a log by itself has anchors of. */
  readonly incidents?: string;
  /** Evidence that never came is told, and is no failure. */
  readonly ignoreGaps: boolean;
  readonly json: boolean;
}

/** `aftertrace audit verify`: names what is wrong with the audit log, and what was left out of it. Needs no companion. */
export async function verifyAudit(options: VerifyAuditOptions, output: Output): Promise<ExitCode> {
  const { log } = await materialOf(options);
  const { report, trust } = await untilUnchanged(
    log,
    async () => {
      const { trust: whose, log: file, ...material } = await materialOf(options);
      return { report: await verifyAuditLog(file, material), trust: whose };
    },
    (found) => found.report.ok,
  );
  // Without anything that knows of entries, a log that is not there would pass for a sound one.
  if (report.ok && !existsSync(log)) throw new CommandError(`there is no audit log at ${log}`);
  const isFine = report.ok && (options.ignoreGaps || report.gaps.length === 0);
  if (options.json) output.out(JSON.stringify({ ...report, trust }));
  else output.out(describe(log, report, trust));
  return isFine ? ExitCode.OK : ExitCode.FAILED;
}

/** Where the keys are from: those that lie beside a log prove nothing against who can write there. */
type Trust = 'given' | 'beside_the_log' | 'none';

interface Material {
  readonly log: string;
  readonly checkpoints: readonly (string | CheckpointSource)[];
  readonly keys: readonly PublicKey[];
  readonly trust: Trust;
  readonly hasWriter: boolean;
  readonly incidents: string | undefined;
}

async function materialOf(options: VerifyAuditOptions): Promise<Material> {
  const { file, data, key = [], checkpoints: further = [] } = options;
  const given = (await Promise.all(key.map(readPublicKeys))).flat();
  await requireFiles(further);
  if (file !== undefined) {
    const trust = given.length > 0 ? 'given' : 'none';
    const { incidents } = options;
    return {
      log: file,
      checkpoints: further.map(checkpointsIn),
      keys: given,
      trust,
      hasWriter: false,
      incidents,
    };
  }
  const dataDir = await requireData(data);
  const { log, checkpoints, incidents } = auditFiles(dataDir);
  const keys = given.length > 0 ? given : await notedPublicKeys(dataDir);
  const trust = given.length > 0 ? 'given' : keys.length > 0 ? 'beside_the_log' : 'none';
  const hasWriter = (await readLock(dataDir)) !== undefined;
  return {
    log,
    checkpoints: [checkpoints, ...further.map(checkpointsIn)],
    keys,
    trust,
    hasWriter,
    incidents,
  };
}

/** A place that was named and is not there must not pass for one that agrees. */
async function requireFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    await access(file).catch((cause: unknown) => {
      throw new CommandError(
        `there is no file of checkpoints at ${file}; is its disk there? Nothing was verified`,
        { cause },
      );
    });
  }
}

function describe(log: string, report: AuditReport, trust: Trust): string {
  const { entries, head, problems, omitted, gaps, signedEntries, checkpoints, incidents, removal } =
    report;
  const count = problems.length + omitted + incidents.length;
  const first = report.ok
    ? `${log}: ${entries} entries, the chain holds; head ${head.seq} ${head.hash}`
    : `${log}: ${count} ${count === 1 ? 'problem' : 'problems'}`;
  const rows = [...problems.map(rowOf), ...incidents.map(incidentRowOf)];
  const begins =
    removal === undefined ? [] : [describeRemoval(removal, signedEntries > removal.seq)];
  const table =
    rows.length === 0
      ? []
      : [renderTable(['LINE', 'SEQ', 'KIND', 'WHAT'], rows, { maxColumnChars: 160 })];
  const signed = `${checkpoints} checkpoints, entries signed for: ${signedEntries} of ${head.seq + 1}; ${WORTH[trust]}`;
  const missing = gaps.map(({ instance, agent, from, to }) =>
    sanitize(
      `gap: ${agent === '' ? 'an agent' : `agent ${agent}`}, process ${instance}: evidence ${from === to ? from : `${from} to ${to}`} never came`,
      300,
    ),
  );
  return [first, ...begins, ...table, signed, ...missing].join('\n');
}

function describeRemoval({ through, at, seq, policy }: Removal, isSigned: boolean): string {
  const rule = sanitize(JSON.stringify(policy), 200);
  const anchor = isSigned ? 'anchored by a checkpoint' : 'anchored by no checkpoint';
  return `begins after entry ${through}: those up to it were removed by retention at ${at} (${rule}), as entry ${seq} says; ${anchor}`;
}

function rowOf({ file, line, seq, kind, message }: LedgerProblem): readonly string[] {
  const where = `${file === undefined ? '' : `${file}:`}${line}`;
  return [where, seq === undefined ? '' : String(seq), kind, message];
}

function incidentRowOf({ incident, line, kind, message }: IncidentProblem): readonly string[] {
  const where = line === undefined ? 'incidents.jsonl' : `incidents.jsonl:${line}`;
  const what = incident === undefined ? message : `incident ${incident}: ${message}`;
  return [where, '', kind, sanitize(what, 300)];
}

const WORTH: Readonly<Record<Trust, string>> = {
  given: 'checked with the keys given',
  beside_the_log:
    'checked with the key that lies beside the log, which proves nothing against who can write there: give --key, and --checkpoints from elsewhere',
  none: 'no signature was checked: give --key',
};
