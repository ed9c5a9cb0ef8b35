import type { DecodeResult } from './decode/decode-result.ts';
import { decodeLogs, decodeTraces } from './decode/decode.ts';
import type { DecodedLogs, DecodedTraces } from './decode/telemetry.ts';
import type { AcceptRequest } from './receive/accept.ts';

/** A request's spans or log records. */
export type DecodedRequest =
  | ({ readonly signal: 'traces' } & DecodedTraces)
  | ({ readonly signal: 'logs' } & DecodedLogs);

/** Decodes the body of one request, decompressed. */
export function decodeRequest({
  signal,
  encoding,
  body,
}: Pick<AcceptRequest, 'signal' | 'encoding' | 'body'>): DecodeResult<DecodedRequest> {
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
