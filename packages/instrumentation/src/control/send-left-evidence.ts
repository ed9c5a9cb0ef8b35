import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { EvidenceBatch, EvidenceRecord } from '@aftertrace/schema';
import { Env } from '@aftertrace/schema/names';

import type { Diagnostics } from '../diagnostics.ts';
import { spoolFileName } from './evidence-spool.ts';
import type { HttpResult } from './http-client.ts';
import { firstBatch, sendOrSetAside, type SizedRecord } from './send-evidence.ts';

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
  /** Try what was refused to earlier processes too: once a process, for its token may be another. */
  readonly withRefused?: boolean;
  /** Of what was refused, no more than this stays in the directory, the newest. Default 64 MiB. */
  readonly maxRefusedBytes?: number;
}

/** Files sent in one go; the next look takes the rest. */
const MAX_FILES = 1000;
const DEFAULT_MAX_REFUSED_BYTES = 64 * 1024 * 1024;

/**
 * Sends evidence of processes that are gone, under their own instance and numbers: the companion knows what it has, and
 * counts what is still missing. Never rejects. What could not be sent waits for the next time.
 */
export async function sendLeftEvidence(options: LeftEvidenceOptions): Promise<void> {
  const { directory, diagnostics } = options;
  await sendAll(options);
  try {
    await boundRefused(options);
  } catch (error) {
    diagnostics.count('control.left_evidence_error');
    diagnostics.warnOnce('control.left_evidence', `${directory}: ${String(error)}`);
  }
}

async function sendAll(options: LeftEvidenceOptions): Promise<void> {
  const { directory, diagnostics } = options;
  const names = await readdir(directory).catch(() => []);
  let found = 0;
  for (const name of names) {
    try {
      if (!(await isLeft(name, options))) continue;
      found += 1;
      if (found > MAX_FILES) return;
      const isDone = isRefused(name) ? sendRefused(name, options) : sendFile(name, options);
      if (!(await isDone)) return;
    } catch (error) {
      diagnostics.count('control.left_evidence_error');
      diagnostics.warnOnce('control.left_evidence', `${join(directory, name)}: ${String(error)}`);
    }
  }
}

const NAME =
  /^(?<instance>[\w-]{1,80})\.(?<pid>\d{1,10})\.(?<machine>[0-9a-f]{12})(?<refused>\.refused)?\.jsonl$/;

const isRefused = (name: string): boolean => NAME.exec(name)?.groups?.['refused'] !== undefined;

async function isLeft(name: string, options: LeftEvidenceOptions): Promise<boolean> {
  const { directory, pid: own, isRunning = runs, startedAtMillis } = options;
  const { instance, pid } = NAME.exec(name)?.groups ?? {};
  if (instance === undefined || pid === undefined || instance === options.instance) return false;
  if (isRefused(name) && options.withRefused !== true) return false;
  const owner = Number(pid);
  // Another machine's process cannot be asked for; its own next one will look.
  if (spoolFileName(instance, owner, isRefused(name)) !== name) return false;
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
  const { aside, isWhole } = await sendRecords({ header, records }, { send, diagnostics });
  if (!isWhole) {
    // All of it, what is forbidden too: it is tried again with the rest.
    await isGone(rename(claimed, join(directory, spoolFileName(instance, 0))));
    return false;
  }
  await setAside(directory, linesOf(header, aside), { instance, isEmpty: aside.length === 0 });
  diagnostics.count('control.evidence_set_aside', aside.length);
  await rm(claimed, { force: true });
  return true;
}

/**
 * What was refused before goes its way, or stays as it was; it never holds up the others. Not claimed: of two processes that
 * send the same, the companion knows it by its numbers.
 */
async function sendRefused(name: string, options: LeftEvidenceOptions): Promise<boolean> {
  const file = join(options.directory, name);
  const { header, records } = parse(await readFile(file, 'utf8'));
  const { aside, isWhole } = await sendRecords({ header, records }, options);
  if (!isWhole) return false;
  if (aside.length === 0) await rm(file, { force: true });
  else if (aside.length < records.length) {
    const draft = `${file}.${options.instance}`;
    await writeFile(draft, linesOf(header, aside), { mode: 0o600 });
    await rename(draft, file);
  }
  return true;
}

/** What became of the records of a file. */
interface SentFile {
  readonly aside: readonly EvidenceRecord[];
  /** All were sent, or set aside. */
  readonly isWhole: boolean;
}

async function sendRecords(
  { header, records }: LeftRecords,
  { send, diagnostics }: Pick<LeftEvidenceOptions, 'send' | 'diagnostics'>,
): Promise<SentFile> {
  const aside: EvidenceRecord[] = [];
  for (let at = 0; at < records.length;) {
    const batch = { ...header, records: firstBatch(records.slice(at)) };
    const sent = await sendOrSetAside(batch, send);
    const { settled, refused } = sent;
    diagnostics.count('control.left_evidence_sent', settled - refused - sent.aside.length);
    if (refused > 0) diagnostics.count('control.evidence_refused', refused);
    aside.push(...sent.aside);
    if (settled < batch.records.length) return { aside, isWhole: false };
    at += settled;
  }
  return { aside, isWhole: true };
}

/**
 * In a file of its own, named by what is in it, and whole when it gets its name: whoever sends and removes what was set aside
 * meets no file that grows under its hands.
 */
async function setAside(
  directory: string,
  lines: string,
  { instance, isEmpty }: { readonly instance: string; readonly isEmpty: boolean },
): Promise<void> {
  if (isEmpty) return;
  const content = createHash('sha256').update(lines).digest('hex').slice(0, 16);
  const name = spoolFileName(`${instance.slice(0, 60)}-${content}`, 0, true);
  const draft = join(directory, `${name}.draft`);
  await writeFile(draft, lines, { mode: 0o600 });
  await rename(draft, join(directory, name));
}

/** Nobody may ever come with a token that speaks for it: the oldest goes, and is counted. */
async function boundRefused(options: LeftEvidenceOptions): Promise<void> {
  const { directory, diagnostics, maxRefusedBytes = DEFAULT_MAX_REFUSED_BYTES } = options;
  const left: { readonly file: string; readonly size: number; readonly mtimeMs: number }[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    if (!isRefused(name) || !(await isLeft(name, { ...options, withRefused: true }))) continue;
    const file = join(directory, name);
    // One that another process has sent meanwhile is gone.
    const about = await stat(file).catch(() => undefined);
    if (about !== undefined) left.push({ file, size: about.size, mtimeMs: about.mtimeMs });
  }
  let total = 0;
  for (const [index, { file, size }] of left.toSorted((a, b) => b.mtimeMs - a.mtimeMs).entries()) {
    total += size;
    if (total <= maxRefusedBytes && index < MAX_FILES) continue;
    const { records } = parse(await readFile(file, 'utf8').catch(() => ''));
    await rm(file, { force: true });
    diagnostics.count('control.evidence_dropped', records.length);
    diagnostics.tellOnce('control.refused_dropped', REFUSED_DROPPED);
  }
}

const REFUSED_DROPPED = `more evidence that the companion refuses (403) waits on disk than is kept; the oldest was dropped: check ${Env.TOKEN} and ${Env.AGENT}`;

function linesOf(header: Header, records: readonly EvidenceRecord[]): string {
  return [{ v: 1, ...header }, ...records].map((one) => `${JSON.stringify(one)}\n`).join('');
}

/** Another process was faster. */
async function isGone(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
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

interface LeftRecords {
  readonly header: Header;
  readonly records: SizedRecord[];
}

/** Lines that a crash cut short are left out: their numbers show that they are missing. */
function parse(text: string): LeftRecords {
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
