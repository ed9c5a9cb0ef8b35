import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

import type { DecodeResult } from './decode/decode-result.ts';
import { decodeLogs, decodeTraces } from './decode/decode.ts';
import type { DecodedLogs, DecodedTraces } from './decode/telemetry.ts';
import type { JournalRecord } from './journal/journal-record.ts';

/** A request's spans or log records. */
export type DecodedRequest =
  | ({ readonly signal: 'traces' } & DecodedTraces)
  | ({ readonly signal: 'logs' } & DecodedLogs);

/** Decodes the body of one request, decompressed. */
export function decodeRequest(
  signal: JournalRecord['signal'],
  encoding: JournalRecord['encoding'],
  body: Uint8Array,
): DecodeResult<DecodedRequest> {
  switch (signal) {
    case 'traces': {
      const result = decodeTraces(body, encoding);
      return result.ok ? { ok: true, value: { signal, ...result.value } } : result;
    }
    case 'logs': {
      const result = decodeLogs(body, encoding);
      return result.ok ? { ok: true, value: { signal, ...result.value } } : result;
    }
  }
}

/** The body of a journal record. It was accepted once, so its size was found bearable. */
export function bodyOf(record: JournalRecord): Uint8Array {
  switch (record.contentEncoding) {
    case 'identity':
      return record.body;
    case 'gzip':
      return gunzipSync(record.body);
    case 'zstd':
      return zstdDecompressSync(record.body);
    case 'deflate':
      return inflateSync(record.body);
  }
}
