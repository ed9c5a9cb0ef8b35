import { spanFromProtobuf, spanOfLayout } from '../decode/protobuf-traces.ts';
import type { WireSpan } from '../decode/wire-span.ts';
import type { StoredSpan } from './stored-span.ts';
import type { BodyPlace } from './held-request.ts';
import type { RunOf, RunPart } from './partition.ts';
import { storedRecord, type SpanRecord } from './records.ts';

/** Fills the target with bytes that are on disk only, from `start` bytes behind the first one of a body. */
export type ReadBody = (place: BodyPlace, start: number, target: Uint8Array) => Promise<void>;

/**
 * A run whose spans can be read, from one that the index knows: from memory where the bytes still are, else from disk.
 *
 * Rejects where the disk does not give them.
 */
export function readRun(part: RunOf<StoredSpan>, readBody: ReadBody): RunPart | Promise<RunPart> {
  const isInMemory = part.spans.every((span) => span.request.layout !== undefined);
  return isInMemory ? withRecords(part, part.spans.map(fromMemory)) : readFromDisk(part, readBody);
}

function fromMemory(span: StoredSpan): SpanRecord {
  const { layout } = span.request;
  if (layout === undefined) throw new Error(`the span ${span.spanId} is not in memory`);
  return recordOf(span, spanOfLayout(layout, span.offset));
}

async function readFromDisk(part: RunOf<StoredSpan>, readBody: ReadBody): Promise<RunPart> {
  const onDisk = part.spans.filter((span) => span.request.layout === undefined);
  const bytes = Buffer.allocUnsafeSlow(onDisk.reduce((sum, { length }) => sum + length, 0));
  const reads: Promise<void>[] = [];
  const offsets = new Map<StoredSpan, number>();
  let offset = 0;
  for (const span of onDisk) {
    const { place } = span.request;
    if (place === undefined) throw new Error('a request without a journal must stay in memory');
    reads.push(readBody(place, span.offset, bytes.subarray(offset, offset + span.length)));
    offsets.set(span, offset);
    offset += span.length;
  }
  // The bodies that are in memory may go while the disk is read.
  const inMemory = new Map(
    part.spans.flatMap((span) => (offsets.has(span) ? [] : [[span, fromMemory(span)] as const])),
  );
  await Promise.all(reads);
  return withRecords(
    part,
    part.spans.map(
      (span) => inMemory.get(span) ?? fromDisk(span, bytes.subarray(offsets.get(span))),
    ),
  );
}

function fromDisk(span: StoredSpan, bytes: Buffer): SpanRecord {
  const envelope = span.request.envelopes[span.envelope];
  const message = bytes.subarray(0, span.length);
  return recordOf(span, envelope && spanFromProtobuf(message, envelope));
}

function recordOf(stored: StoredSpan, span: WireSpan | undefined): SpanRecord {
  if (span === undefined) throw new Error(`the span ${stored.spanId} is not where it was`);
  return storedRecord(span, stored);
}

function withRecords(part: RunOf<StoredSpan>, spans: readonly SpanRecord[]): RunPart {
  const root = part.root === undefined ? undefined : spans[part.spans.indexOf(part.root)];
  return { ...part, root, spans };
}
