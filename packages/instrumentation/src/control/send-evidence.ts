import type { EvidenceBatch, EvidenceRecord } from '@aftertrace/schema';

import { isAboutContent, isRefusedForGood, isTaken } from './evidence-answer.ts';
import type { HttpResult } from './http-client.ts';

/** What became of a batch. */
export interface SentEvidence {
  /** Records from its beginning that are done with: taken, or refused for good. Fewer than all: try the rest later. */
  readonly settled: number;
  /** Of these, records that were refused. */
  readonly refused: number;
}

/**
 * Sends a batch. One that is refused for what is in it goes in halves: a record that the companion cannot read, or many large
 * ones together, must not take the others along. Never rejects if `send` does not.
 */
export async function sendEvidence(
  batch: EvidenceBatch,
  send: (batch: EvidenceBatch) => Promise<HttpResult>,
): Promise<SentEvidence> {
  const { records } = batch;
  const result = await send(batch);
  if (isTaken(result)) return { settled: records.length, refused: 0 };
  if (!isRefusedForGood(result)) return { settled: 0, refused: 0 };
  if (records.length === 1 || !isAboutContent(result)) {
    return { settled: records.length, refused: records.length };
  }
  const half = Math.ceil(records.length / 2);
  const first = await sendEvidence({ ...batch, records: records.slice(0, half) }, send);
  if (first.settled < half) return first;
  const second = await sendEvidence({ ...batch, records: records.slice(half) }, send);
  return { settled: half + second.settled, refused: first.refused + second.refused };
}

/** A record and the length of its JSON form, in bytes. */
export interface SizedRecord {
  readonly record: EvidenceRecord;
  readonly bytes: number;
}

const MAX_BATCH = 500;
/** Half of what a companion reads of one request; the largest record is not larger than that. */
const MAX_BATCH_BYTES = 512 * 1024;

/** The first records, as many as go into one request; at least one where there is one. */
export function firstBatch(waiting: readonly SizedRecord[]): EvidenceRecord[] {
  const batch: EvidenceRecord[] = [];
  let total = 0;
  for (const { record, bytes } of waiting) {
    total += bytes;
    if (batch.length > 0 && (batch.length >= MAX_BATCH || total > MAX_BATCH_BYTES)) break;
    batch.push(record);
  }
  return batch;
}
