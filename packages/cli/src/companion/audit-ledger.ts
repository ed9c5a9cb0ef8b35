import { access } from 'node:fs/promises';
import path from 'node:path';

import type { OtlpTarget } from '@aftertrace/exporter';
import {
  openLedger,
  verifyLedger,
  type CheckpointOptions,
  type Ledger,
  type LedgerReport,
  type VerifyOptions,
} from '@aftertrace/ledger';
import { verifyIncidents, type IncidentAnchor, type IncidentProblem } from '@aftertrace/incidents';
import type { LedgerEntry } from '@aftertrace/schema';
import type { SigningKey } from '@aftertrace/schema/ed25519';

import { existingAuditKey, keptAuditKey, notePublicKey } from './audit-key.ts';
import type { AuditRetention } from './audit-retention.ts';
import { anchorIn } from './incident-anchor.ts';

/** What is set up of an audit log; everything has a default. */
export interface AuditSettings {
  /** Default: the directory's own, made at the first start. */
  readonly key?: SigningKey;
  /** Further files that get every checkpoint, out of reach of who can change the log. */
  readonly checkpointFiles?: readonly string[];
  /** See {@link CheckpointOptions}. */
  readonly everyMillis?: number;
  /** A log store that gets every checkpoint. */
  readonly checkpointsTo?: OtlpTarget;
  /** How long entries are kept. Default: for ever. */
  readonly retention?: AuditRetention;
}

export interface AuditLedgerOptions {
  readonly dataDir: string;
  readonly now: () => number;
  readonly settings?: AuditSettings;
  readonly onCheckpoint?: CheckpointOptions['onCheckpoint'];
  readonly onProblem?: CheckpointOptions['onProblem'];
}

/** The log, relative to its data directory. */
const LOG = 'audit.jsonl';
/** Its checkpoints. In a backup they are copied before it, so that they never state more than it has. */
const CHECKPOINTS = 'audit.checkpoints.jsonl';

/** Where an audit log lies. */
export function auditFiles(dataDir: string): {
  readonly log: string;
  readonly checkpoints: string;
  /** The incidents that it has anchors of. */
  readonly incidents: string;
} {
  return {
    log: path.join(dataDir, LOG),
    checkpoints: path.join(dataDir, CHECKPOINTS),
    incidents: path.join(dataDir, 'incidents.jsonl'),
  };
}

/** Opens the audit log of a data directory for the companion: every entry is signed for. */
export async function openAuditLedger(options: AuditLedgerOptions): Promise<Ledger> {
  const { dataDir, now, settings = {}, onCheckpoint, onProblem } = options;
  const files = auditFiles(dataDir);
  const key = settings.key ?? (await keptAuditKey(dataDir));
  await notePublicKey(dataDir, key);
  const { everyMillis, checkpointFiles = [] } = settings;
  return openLedger({
    path: files.log,
    now,
    checkpoints: {
      key,
      files: [files.checkpoints, ...checkpointFiles],
      ...(everyMillis === undefined ? {} : { everyMillis }),
      ...(onCheckpoint === undefined ? {} : { onCheckpoint }),
      ...(onProblem === undefined ? {} : { onProblem }),
    },
  });
}

/**
 * Opens it for a command that runs alone and was told nothing of keys: with the directory's own key where there is one.
 * Where the companion signs with another, its next start signs what the command wrote, and says so.
 */
export async function visitAuditLedger(dataDir: string, now: () => number): Promise<Ledger> {
  const { log, checkpoints } = auditFiles(dataDir);
  const isNew = !(await isThere(checkpoints));
  if (isNew || (await existingAuditKey(dataDir)) !== undefined)
    return openAuditLedger({ dataDir, now });
  return openLedger({ path: log, now });
}

/** What is wrong with a log, and with the incidents that it has anchors of. */
export interface AuditReport extends LedgerReport {
  readonly incidents: readonly IncidentProblem[];
}

export interface VerifyAuditLogOptions extends VerifyOptions {
  /** Compared with their anchors in the log, where it is given. */
  readonly incidents?: string | undefined;
}

/** Verifies a log by its path. One that is not there is one without entries: its checkpoints may know better. */
export async function verifyAuditLog(
  log: string,
  { incidents, ...options }: VerifyAuditLogOptions,
): Promise<AuditReport> {
  const anchors: IncidentAnchor[] = [];
  const onEntry = (entry: LedgerEntry): void => {
    const anchor = anchorIn(entry);
    if (anchor !== undefined) anchors.push(anchor);
  };
  const source = (await isThere(log)) ? log : nothing();
  const report = await verifyLedger(source, { ...options, onEntry });
  // After the log: what it anchors was on disk before.
  const problems = incidents === undefined ? [] : await verifyIncidents(incidents, anchors);
  return { ...report, ok: report.ok && problems.length === 0, incidents: problems };
}

async function* nothing(): AsyncGenerator<string> {
  // No lines.
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
