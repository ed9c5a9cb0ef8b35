import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { createIncidents, type Incidents } from '@aftertrace/incidents';
import { openLedger } from '@aftertrace/ledger';
import type { Actor, Finding, LedgerEntryInput, WrittenTrajectory } from '@aftertrace/schema';

import { minuteIso } from './runs.ts';

export const ana: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };
export const companion: Actor = { kind: 'system', id: 'aftertrace/control', assurance: 'asserted' };

/** A data directory that is gone when the test is. */
export async function dataDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'aftertrace-review-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Writes an audit log with the real ledger. */
export async function writeAudit(
  dataDir: string,
  entries: readonly LedgerEntryInput[],
): Promise<void> {
  const ledger = await openLedger({ path: join(dataDir, 'audit.jsonl'), now: () => 0 });
  for (const entry of entries) await ledger.append(entry);
  await ledger.close();
}

/** Writes each run where it says it stands; lines of a file must come in order. */
export async function writeRuns(
  dataDir: string,
  runs: readonly WrittenTrajectory[],
): Promise<void> {
  for (const { file, trajectory } of runs) {
    const path = join(dataDir, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${JSON.stringify(trajectory)}\n`, { flag: 'a' });
  }
}

/** Runs incidents over the directory for as long as `use` takes. `minute` is when it happens, after ten o'clock. */
export async function withIncidents(
  dataDir: string,
  minute: number,
  use: (incidents: Incidents) => Promise<void>,
): Promise<void> {
  let ids = 0;
  const incidents = createIncidents({
    dataDir,
    now: () => Date.parse(minuteIso(minute)),
    randomId: () => {
      ids += 1;
      return `${minute}x${ids}`;
    },
    destinations: [],
    log: () => undefined,
  });
  await incidents.start();
  await use(incidents);
  await incidents.shutdown();
}

export function findingOf(changes: Partial<Finding> & { readonly id: string }): Finding {
  return {
    at: minuteIso(0),
    kind: 'tool_failure',
    detector: { id: 'aftertrace.exporter', version: '1' },
    agent: 'support',
    tool: 'refund',
    class: 'timeout',
    rule: 'json.success_false',
    fingerprintParts: ['refund', 'timeout'],
    severityHint: 'sev1',
    evidence: [],
    summary: '',
    ...changes,
  };
}
