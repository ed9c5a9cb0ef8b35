import { decodeResult, type DecodeResult } from './decode/decode-result.ts';
import { decodeLogs, decodeTraces } from './decode/decode.ts';
import { encodeTraces } from './decode/encode-traces.ts';
import { tracesFromProtobuf } from './decode/protobuf-traces.ts';
import type { SpanLayout } from './decode/span-layout.ts';
import type { DecodedLogs } from './decode/telemetry.ts';
import type { WireSpan } from './decode/wire-span.ts';
import type { AcceptRequest } from './receive/accept.ts';

/** Spans that lie in `body`, always protobuf: what came as JSON was written anew. */
export interface IndexedTraces {
  readonly signal: 'traces';
  readonly encoding: 'protobuf';
  readonly body: Buffer;
  readonly layout: SpanLayout;
  readonly spans: readonly WireSpan[];
  readonly rejected: DecodedLogs['rejected'];
}

/** Log records, decoded; `body` as it came. */
export interface ReadLogs extends DecodedLogs {
  readonly signal: 'logs';
  readonly encoding: AcceptRequest['encoding'];
  readonly body: Buffer;
}

export type DecodedRequest = IndexedTraces | ReadLogs;

/** Checks the body of one request, decompressed, and finds what is in it. */
export function decodeRequest({
  signal,
  encoding,
  body,
}: Pick<AcceptRequest, 'signal' | 'encoding' | 'body'>): DecodeResult<DecodedRequest> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (signal === 'traces') {
    return encoding === 'protobuf' ? indexed(bytes) : indexedJson(bytes);
  }
  const result = decodeLogs(body, encoding);
  if (!result.ok) return result;
  return { ok: true, value: { signal, encoding, body: bytes, ...result.value } };
}

function indexed(body: Buffer): DecodeResult<IndexedTraces> {
  return decodeResult(() => ({
    signal: 'traces',
    encoding: 'protobuf',
    body,
    ...tracesFromProtobuf(body),
  }));
}

function indexedJson(body: Buffer): DecodeResult<IndexedTraces> {
  const result = decodeTraces(body, 'json');
  if (!result.ok) return result;
  const again = indexed(encodeTraces(result.value.spans));
  return again.ok
    ? { ok: true, value: { ...again.value, rejected: result.value.rejected } }
    : again;
}
