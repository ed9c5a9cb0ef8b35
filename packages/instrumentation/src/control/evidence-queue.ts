import type { EvidenceBatch, EvidenceRecord } from '@aftertrace/schema';

import { Env } from '@aftertrace/schema/names';

import type { Diagnostics } from '../diagnostics.ts';
import { createBackoff } from './backoff.ts';
import type { EvidenceSpool } from './evidence-spool.ts';
import type { HttpResult } from './http-client.ts';
import type { Evidence } from './link.ts';
import { firstBatch, sendEvidence, sendOrSetAside, type SizedRecord } from './send-evidence.ts';

/** Evidence on its way to the companion. */
export interface EvidenceQueue {
  /** Numbers it and sends it soon. */
  add(evidence: Evidence): void;
  /** Sends what is left, keeping the process alive for it; resolves when nothing is left or an attempt failed. */
  drain(): Promise<void>;
  readonly size: number;
}

/** What the queue works with. */
export interface EvidenceQueueOptions {
  readonly instance: string;
  readonly agent: string;
  /** Sends one batch. Never rejects. */
  readonly send: (batch: EvidenceBatch, keepAlive: boolean) => Promise<HttpResult>;
  readonly diagnostics: Diagnostics;
  /** More than this and the oldest are dropped and counted; their numbers show the companion that they are missing. */
  readonly maxRecords: number;
  /** The same for the length of all their JSON forms, in bytes. Default 32 MiB. */
  readonly maxBytes?: number;
  readonly random: () => number;
  /** Keeps what is not sent yet on disk. Absent: it dies with the process. */
  readonly spool?: EvidenceSpool;
  /** Keeps what the token does not speak for, until another process tries it. Absent: that is dropped and counted. */
  readonly aside?: Pick<EvidenceSpool, 'keep'>;
  /** More came than memory holds; all else is sent, and the rest of it was left on disk. */
  readonly onLeft?: () => void;
}

const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;

/**
 * So often evidence is sent that the companion says the token does not speak for: half a minute, in which somebody may have
 * replaced a file of tokens. After that it is tried once.
 */
const MAX_FORBIDDEN = 8;

/** In order, in batches, one at a time; tried again until it is taken. */
export function createEvidenceQueue(options: EvidenceQueueOptions): EvidenceQueue {
  return new Queue(options);
}

class Queue implements EvidenceQueue {
  readonly #options: EvidenceQueueOptions;
  readonly #backoff: ReturnType<typeof createBackoff>;
  #records: SizedRecord[] = [];
  #bytes = 0;
  #nextSeq = 0;
  #retry: NodeJS.Timeout | undefined;
  #sending: Promise<boolean> | undefined;
  /** Of those in memory, the numbers of those that are not on disk. */
  readonly #unkept = new Set<number>();
  #hasSpilled = false;
  #forbidden = 0;

  constructor(options: EvidenceQueueOptions) {
    this.#options = options;
    const { random } = options;
    this.#backoff = createBackoff({ firstMillis: 200, maxMillis: 10_000, random });
  }

  get size(): number {
    return this.#records.length;
  }

  add(evidence: Evidence): void {
    const { maxRecords, maxBytes = DEFAULT_MAX_BYTES, spool, diagnostics } = this.#options;
    const record: EvidenceRecord = { seq: this.#nextSeq, ...evidence };
    this.#nextSeq += 1;
    const json = diagnostics.protect(
      'control.evidence_dropped',
      () => stringify(record),
      undefined,
    );
    // What has no JSON form would hold up all that follows.
    if (json === undefined) return;
    const isKept = spool?.keep(json) === true;
    const bytes = Buffer.byteLength(json);
    this.#records.push({ record, bytes });
    this.#bytes += bytes;
    if (!isKept) this.#unkept.add(record.seq);
    while (this.#records.length > maxRecords || this.#bytes > maxBytes) this.#shift();
    if (this.#retry === undefined) void this.#send(false);
  }

  /** The oldest makes room in memory; what is on disk is sent from there. */
  #shift(): void {
    const oldest = this.#records.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes;
    const isLost = this.#unkept.delete(oldest.record.seq);
    this.#options.diagnostics.count(
      isLost ? 'control.evidence_dropped' : 'control.evidence_spilled',
    );
    if (!isLost) this.#hasSpilled = true;
  }

  async drain(): Promise<void> {
    while (this.#records.length > 0) {
      if (!(await this.#send(true))) return;
    }
  }

  /** True when a batch is off the queue. */
  #send(keepAlive: boolean): Promise<boolean> {
    // A request that does not keep the process alive may never come back at its end: then a second one is sent beside it;
    // the companion knows both by their numbers.
    if (this.#sending !== undefined && !keepAlive) return this.#sending;
    const sending = this.#sendBatch(keepAlive).finally(() => {
      if (this.#sending === sending) this.#sending = undefined;
    });
    this.#sending = sending;
    if (!keepAlive) void sending.then((isDone) => (isDone ? this.#sendNext() : undefined));
    return sending;
  }

  /** When the one before is no longer under way: else nothing more would go out until something comes in. */
  #sendNext(): void {
    if (this.#records.length > 0) void this.#send(false);
  }

  async #sendBatch(keepAlive: boolean): Promise<boolean> {
    await Promise.resolve();
    const records = firstBatch(this.#records);
    if (records.length === 0) return true;
    const { instance, agent, send, diagnostics } = this.#options;
    const batch = { instance, agent, records };
    const isLast = this.#forbidden + 1 >= MAX_FORBIDDEN;
    const sending = isLast ? sendOrSetAside : sendEvidence;
    const { settled, refused, aside, isForbidden } = await sending(batch, (part) =>
      send(part, keepAlive),
    );
    if (refused > 0) diagnostics.count('control.evidence_refused', refused);
    this.#setAside(aside);
    if (isForbidden) this.#forbidden += 1;
    this.#forget(records.slice(0, settled));
    if (settled < records.length) {
      this.#tryAgain();
      return false;
    }
    this.#backoff.reset();
    if (this.#records.length === 0) this.#allSent();
    return true;
  }

  /** It holds up nothing that comes after it. */
  #setAside(records: readonly EvidenceRecord[]): void {
    if (records.length === 0) return;
    const { aside, diagnostics } = this.#options;
    for (const record of records) {
      const isKept = aside?.keep(stringify(record)) === true;
      diagnostics.count(isKept ? 'control.evidence_set_aside' : 'control.evidence_dropped');
    }
    diagnostics.tellOnce('control.evidence_set_aside', SET_ASIDE);
  }

  #forget(records: readonly EvidenceRecord[]): void {
    const last = records.at(-1);
    if (last === undefined) return;
    for (const { seq } of records) this.#unkept.delete(seq);
    this.#records = this.#records.filter(({ record }) => record.seq > last.seq);
    this.#bytes = this.#records.reduce((total, { bytes }) => total + bytes, 0);
  }

  #allSent(): void {
    const { spool, onLeft } = this.#options;
    if (!this.#hasSpilled) {
      spool?.clear();
      return;
    }
    this.#hasSpilled = false;
    spool?.leave();
    onLeft?.();
  }

  #tryAgain(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.#send(false);
    }, this.#backoff.next()).unref();
  }
}

const SET_ASIDE = `the companion does not let this token prove what some agents of this process did (403): that is set aside and tried again by the next process; check ${Env.TOKEN} and ${Env.AGENT}`;

/** @throws TypeError where it has no JSON form. */
function stringify(record: EvidenceRecord): string {
  return JSON.stringify(record);
}
