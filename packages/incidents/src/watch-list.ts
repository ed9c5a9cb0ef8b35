import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Finding } from '@aftertrace/schema';

import { openAppendFile, type AppendFile } from './append-file.ts';
import { fingerprintOf } from './fingerprint.ts';
import { readWholeLines } from './read-lines.ts';
import { mostOccurrences, type IncidentRules } from './rules.ts';

const MAX_FINGERPRINTS = 10_000;

/**
 * Findings that do not make an incident yet. They are on disk, so that a third failure opens one although the companion was
 * restarted after the second.
 */
export interface WatchList {
  /** Remembers a finding and returns all that are remembered with its fingerprint; `undefined`: it was known. */
  add(fingerprint: string, finding: Finding): readonly Finding[] | undefined;
  /** Forgets a fingerprint: its findings belong to an incident now. */
  remove(fingerprint: string): void;
  /** Resolves when all that was added is on disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Fingerprints forgotten because there were too many. */
  readonly dropped: number;
}

interface WatchListOptions {
  readonly dataDir: string;
  readonly rules: IncidentRules;
}

class FileWatchList implements WatchList {
  /** In the order in which they were last added to: the first is the one to forget. */
  readonly #byFingerprint = new Map<string, Finding[]>();
  readonly #perFingerprint: number;
  #file: AppendFile | undefined;
  #dropped = 0;

  constructor(perFingerprint: number) {
    this.#perFingerprint = perFingerprint;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** From here on, what is added is written. */
  persistIn(file: AppendFile): void {
    this.#file = file;
  }

  add(fingerprint: string, finding: Finding): readonly Finding[] | undefined {
    const known = this.#byFingerprint.get(fingerprint) ?? [];
    if (known.some(({ id }) => id === finding.id)) return undefined;
    // By the findings' own times, so that order of arrival does not matter.
    const findings = [...known, finding]
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .slice(-this.#perFingerprint);
    this.#byFingerprint.delete(fingerprint);
    this.#byFingerprint.set(fingerprint, findings);
    this.#file?.append(JSON.stringify(finding)).catch(() => undefined); // told by flush()
    this.#evict();
    return findings;
  }

  remove(fingerprint: string): void {
    this.#byFingerprint.delete(fingerprint);
  }

  get size(): number {
    return this.#byFingerprint.size;
  }

  all(): readonly Finding[] {
    return [...this.#byFingerprint.values()].flat();
  }

  async flush(): Promise<void> {
    await this.#file?.flush();
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  #evict(): void {
    if (this.#byFingerprint.size <= MAX_FINGERPRINTS) return;
    const [oldest] = this.#byFingerprint.keys();
    if (oldest !== undefined) this.#byFingerprint.delete(oldest);
    this.#dropped += 1;
  }
}

function parseFinding(text: string): Finding | undefined {
  try {
    return Finding.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function watchListPath(dataDir: string): string {
  return join(dataDir, 'incidents-watch.jsonl');
}

async function readWatchList(
  { dataDir, rules }: WatchListOptions,
  isKnown: (findingId: string) => boolean,
): Promise<FileWatchList> {
  const list = new FileWatchList(mostOccurrences(rules));
  const { lines } = await readWholeLines(watchListPath(dataDir));
  for (const text of lines) {
    const finding = parseFinding(text);
    if (finding === undefined || isKnown(finding.id)) continue;
    list.add(fingerprintOf(finding), finding);
  }
  return list;
}

/** What is under watch. */
export interface WatchCounts {
  /** Different problems: findings with one fingerprint are one. */
  readonly fingerprints: number;
  readonly findings: number;
}

/** Counts what a data directory has under watch, without a running companion. Writes nothing. */
export async function countWatched(
  options: WatchListOptions,
  isKnown: (findingId: string) => boolean,
): Promise<WatchCounts> {
  const list = await readWatchList(options, isKnown);
  return { fingerprints: list.size, findings: list.all().length };
}

/**
 * Opens the watch list of a data directory (`incidents-watch.jsonl`), without what belongs to an incident already (`isKnown`),
 * and rewrites the file to that. Age does not matter: rules look at the findings' own times, and those may be replayed.
 */
export async function openWatchList(
  options: WatchListOptions,
  isKnown: (findingId: string) => boolean,
): Promise<WatchList> {
  const path = watchListPath(options.dataDir);
  const list = await readWatchList(options, isKnown);
  const kept = list.all().map((finding) => `${JSON.stringify(finding)}\n`);
  const text = kept.join('');
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
  list.persistIn(await openAppendFile(path, Buffer.byteLength(text)));
  return list;
}
