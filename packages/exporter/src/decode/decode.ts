import { decodeResult, type DecodeResult } from './decode-result.ts';
import { parseExactJson } from './exact-json.ts';
import { logsFromParsedJson } from './json-logs.ts';
import { tracesFromParsedJson } from './json-traces.ts';
import { logsFromProtobuf } from './protobuf-logs.ts';
import { tracesFromProtobuf } from './protobuf-traces.ts';
import type { DecodedLogs, DecodedTraces } from './telemetry.ts';

/** How a request is written: `application/x-protobuf` or `application/json`. */
export type OtlpEncoding = 'protobuf' | 'json';

/**
 * Decodes an `ExportTraceServiceRequest`, decompressed. A span with an invalid id is counted in `rejected` and
 * costs no other; input that is no such request at all is an error value with its place.
 *
 * The spans hold no reference to `body`.
 */
export function decodeTraces(
  body: Uint8Array,
  encoding: OtlpEncoding,
): DecodeResult<DecodedTraces> {
  return decodeResult(() =>
    encoding === 'json' ? tracesFromParsedJson(parseBody(body)) : tracesFromProtobuf(body),
  );
}

/** Decodes an `ExportLogsServiceRequest`; as {@link decodeTraces}. A record with an invalid id is in no trace. */
export function decodeLogs(body: Uint8Array, encoding: OtlpEncoding): DecodeResult<DecodedLogs> {
  return decodeResult(() =>
    encoding === 'json' ? logsFromParsedJson(parseBody(body)) : logsFromProtobuf(body),
  );
}

/** `JSON.parse` as a result value, with integers beyond 2^53 as `bigint`; for files that hold several requests. */
export function parseJson(text: string): DecodeResult<unknown> {
  return decodeResult(() => parseExactJson(text));
}

/** Decodes one request of {@link parseJson}'s value. */
export function tracesFromJson(request: unknown): DecodeResult<DecodedTraces> {
  return decodeResult(() => tracesFromParsedJson(request));
}

/** Decodes one request of {@link parseJson}'s value. */
export function logsFromJson(request: unknown): DecodeResult<DecodedLogs> {
  return decodeResult(() => logsFromParsedJson(request));
}

/** Bytes that are not UTF-8 become U+FFFD, as in the protobuf decoder; a byte order mark is ignored. */
function parseBody(body: Uint8Array): unknown {
  return parseExactJson(new TextDecoder().decode(body));
}
