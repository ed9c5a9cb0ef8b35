import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { EvidenceBatch, EvidenceRecord } from '@aftertrace/schema';

import type { Diagnostics } from '../diagnostics.ts';
import { spoolFileName } from './evidence-spool.ts';
import type { HttpResult } from './http-client.ts';
import { firstBatch, sendEvidence, type SizedRecord } from './send-evidence.ts';

/** Who sends what others left. */
export interface LeftEvidenceOptions {
  readonly directory: string;
  /** Of this process: what it keeps itself is not left, whatever its clock says. */
  readonly instance: string;
  readonly pid: number;
  /** When this process began, in milliseconds since the epoch. */
  readonly startedAtMillis: number;
  readonly send: (batch: EvidenceBatch) => Promise<HttpResult>;
  readonly diagnostics: Diagnostics;
  /** Whether a process of this machine runs. Default: asks the system. */
  readonly isRunning?: (pid: number) => boolean;
}

/** Files sent in one go; the next look takes the rest. */
const MAX_FILES = 1000;

/**
 * Sends evidence of processes that are gone, under their own instance and numbers: the companion knows what it has, and
 * counts what is still missing. Never rejects. What could not be sent waits for the next time.
 */
export async function sendLeftEvidence(options: LeftEvidenceOptions): Promise<void> {
  const { directory, diagnostics } = options;
  const names = await readdir(directory).catch(() => []);
  let found = 0;
  for (const name of names) {
    try {
      if (!(await isLeft(name, options))) continue;
      found += 1;
      if (found > MAX_FILES) return;
      if (!(await sendFile(name, options))) return;
    } catch (error) {
      diagnostics.count('control.left_evidence_error');
      diagnostics.warnOnce('control.left_evidence', `${join(directory, name)}: ${String(error)}`);
    }
  }
}

const NAME = /^(?<instance>[\w-]{1,80})\.(?<pid>\d{1,10})\.(?<machine>[0-9a-f]{12})\.jsonl$/;

async function isLeft(name: string, options: LeftEvidenceOptions): Promise<boolean> {
  const { directory, pid: own, isRunning = runs, startedAtMillis } = options;
  const { instance, pid } = NAME.exec(name)?.groups ?? {};
  if (instance === undefined || pid === undefined || instance === options.instance) return false;
  const owner = Number(pid);
  // Another machine's process cannot be asked for; its own next one will look.
  if (spoolFileName(instance, owner) !== name) return false;
  if (owner !== own) return owner === 0 || !isRunning(owner);
  // In a container every process has the same number: what is older than this one is another's.
  return (await stat(join(directory, name))).mtimeMs < startedAtMillis;
}

/** True when the file is done with. */
async function sendFile(name: string, options: LeftEvidenceOptions): Promise<boolean> {
  const { directory, pid, send, diagnostics } = options;
  const instance = NAME.exec(name)?.groups?.['instance'] ?? '';
  // Ours now: if this process ends too, the next one finds it again.
  const claimed = join(directory, spoolFileName(instance, pid));
  const from = join(directory, name);
  if (await isGone(rename(from, claimed))) return true;
  const { header, records } = parse(await readFile(claimed, 'utf8'));
  for (let at = 0; at < records.length;) {
    const batch = { ...header, records: firstBatch(records.slice(at)) };
    const { settled, refused } = await sendEvidence(batch, send);
    diagnostics.count('control.left_evidence_sent', settled - refused);
    if (refused > 0) diagnostics.count('control.evidence_refused', refused);
    if (settled < batch.records.length) {
      await isGone(rename(claimed, join(directory, spoolFileName(instance, 0))));
      return false;
    }
    at += settled;
  }
  await rm(claimed, { force: true });
  return true;
}

/** Another process was faster. */
async function isGone(renamed: Promise<void>): Promise<boolean> {
  try {
    await renamed;
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}

interface Header {
  readonly instance: string;
  readonly agent: string;
}

/** Lines that a crash cut short are left out: their numbers show that they are missing. */
function parse(text: string): { readonly header: Header; readonly records: SizedRecord[] } {
  const [first = '', ...rest] = text.split('\n');
  const { instance, agent } = parseLine(first) ?? {};
  // Cut short before there was anything to tell: nobody knows whose it is, and nothing follows.
  const isHeader = typeof instance === 'string' && typeof agent === 'string';
  if (!isHeader) return { header: { instance: '', agent: '' }, records: [] };
  // The companion looks at each: what is no evidence, it writes down as that.
  const records = rest.flatMap((line) => {
    const record = parseLine(line);
    if (!Number.isSafeInteger(record?.['seq'])) return [];
    return [{ record: record as unknown as EvidenceRecord, bytes: Buffer.byteLength(line) }];
  });
  return { header: { instance, agent }, records };
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // Cut short.
    return undefined;
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one that runs.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
