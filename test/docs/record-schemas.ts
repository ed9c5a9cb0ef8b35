/**
 * The records that processes and people exchange, as JSON Schema 2020-12, made from the zod schemas.
 * `pnpm docs:records` writes them to `docs/reference/records`; a test compares what is committed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  Ack,
  ApprovalAnswer,
  ApprovalRequest,
  AtifTrajectory,
  CompensationOrder,
  Containment,
  ControlState,
  Decision,
  EvidenceBatch,
  Finding,
  Incident,
  IncidentLogLine,
  LedgerCheckpoint,
  LedgerEntry,
  Override,
  PolicyBundle,
  QuarantinedCall,
  QuarantineRequest,
  Review,
  Rollback,
  RunOutcome,
  SupersededLine,
  ToolOutcome,
  Trajectory,
} from '@aftertrace/schema';
import { z } from 'zod';

export const RECORDS_DIR = fileURLToPath(new URL('../../docs/reference/records', import.meta.url));

const RECORDS = {
  ack: Ack,
  'approval-answer': ApprovalAnswer,
  'approval-request': ApprovalRequest,
  'atif-trajectory': AtifTrajectory,
  'compensation-order': CompensationOrder,
  containment: Containment,
  'control-state': ControlState,
  decision: Decision,
  'evidence-batch': EvidenceBatch,
  finding: Finding,
  incident: Incident,
  'incident-log-line': IncidentLogLine,
  'ledger-checkpoint': LedgerCheckpoint,
  'ledger-entry': LedgerEntry,
  override: Override,
  'policy-bundle': PolicyBundle,
  'quarantined-call': QuarantinedCall,
  'quarantine-request': QuarantineRequest,
  review: Review,
  rollback: Rollback,
  'run-outcome': RunOutcome,
  'superseded-line': SupersededLine,
  'tool-outcome': ToolOutcome,
  trajectory: Trajectory,
} as const;

/** File name to content. Input forms: what a person or a program may write, with defaults left out. */
export function recordSchemas(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(RECORDS).map(([name, schema]) => {
      const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      return [`${name}.schema.json`, `${JSON.stringify(json, null, 2)}\n`];
    }),
  );
}

/** Writes the files; says which. */
export async function writeRecordSchemas(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const schemas = recordSchemas();
  for (const [name, text] of schemas) await writeFile(path.join(folder, name), text);
  return [...schemas.keys()];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of await writeRecordSchemas(RECORDS_DIR)) console.log(name);
}
