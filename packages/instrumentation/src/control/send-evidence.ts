import type { EvidenceBatch, EvidenceRecord } from '@aftertrace/schema';

import { isAboutContent, isForbidden, isRefusedForGood, isTaken } from './evidence-answer.ts';
import type { HttpResult } from './http-client.ts';

/** What became of a batch. */
export interface SentEvidence {
  /** Records from its beginning that are done with: taken, or refused for good. Fewer than all: try the rest later. */
  readonly settled: number;
  /** Of these, records that were refused. */
  readonly refused: number;
  /** Of these, records that are to be set aside: the token does not speak for their agents. */
  readonly aside: readonly EvidenceRecord[];
  /** The rest was answered so: nobody is to try it for ever. */
  readonly isForbidden: boolean;
}

const NOTHING: SentEvidence = { settled: 0, refused: 0, aside: [], isForbidden: false };

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
  if (isTaken(result)) return { ...NOTHING, settled: records.length };
  if (isForbidden(result)) return { ...NOTHING, isForbidden: true };
  if (!isRefusedForGood(result)) return NOTHING;
  if (records.length === 1 || !isAboutContent(result)) {
    return { ...NOTHING, settled: records.length, refused: records.length };
  }
  const half = Math.ceil(records.length / 2);
  const first = await sendEvidence({ ...batch, records: records.slice(0, half) }, send);
  if (first.settled < half) return first;
  const second = await sendEvidence({ ...batch, records: records.slice(half) }, send);
  return { ...second, settled: half + second.settled, refused: first.refused + second.refused };
}

/**
 * As `sendEvidence`, for the last time: where the token does not speak for all of it, each agent's part goes by itself, and
 * what is forbidden of that is given back to be set aside. One part that cannot be sent now leaves all of it for later: the
 * companion knows by their numbers what it has.
 */
export async function sendOrSetAside(
  batch: EvidenceBatch,
  send: (batch: EvidenceBatch) => Promise<HttpResult>,
): Promise<SentEvidence> {
  const whole = await sendEvidence(batch, send);
  if (!whole.isForbidden) return whole;
  const rest = batch.records.slice(whole.settled);
  const aside: EvidenceRecord[] = [];
  let { refused } = whole;
  for (const records of byAgent(rest)) {
    const isAll = records.length === rest.length;
    const sent = isAll ? whole : await sendEvidence({ ...batch, records }, send);
    refused += isAll ? 0 : sent.refused;
    const left = isAll ? records : records.slice(sent.settled);
    if (left.length > 0 && !sent.isForbidden) return { ...whole, isForbidden: false };
    aside.push(...left);
  }
  return { settled: batch.records.length, refused, aside, isForbidden: false };
}

/** What is said of different agents; an outcome says of none. */
function byAgent(records: readonly EvidenceRecord[]): Iterable<EvidenceRecord[]> {
  const parts = new Map<string | undefined, EvidenceRecord[]>();
  for (const record of records) {
    const agent = 'agent' in record.data ? record.data.agent : undefined;
    const part = parts.get(agent);
    if (part === undefined) parts.set(agent, [record]);
    else part.push(record);
  }
  return parts.values();
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
