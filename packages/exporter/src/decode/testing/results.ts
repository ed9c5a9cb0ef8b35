import type { DecodeError, DecodeResult } from '../decode-result.ts';

/** The decoded value, or a failed test. */
export function value<T>(result: DecodeResult<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** The error, or a failed test. */
export function error<T>(result: DecodeResult<T>): DecodeError {
  if (result.ok) throw new Error('expected malformed input');
  return result.error;
}

/** JSON text as a request body. */
export const bytesOf = (data: unknown): Uint8Array => Buffer.from(JSON.stringify(data));

/** A valid trace id. */
export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** A valid span id. */
export const SPAN_ID = 'b7ad6b7169203331';
