import type { Transform } from 'node:stream';
import {
  constants,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import type { BudgetShare } from './byte-budget.ts';
import { zstdFrames } from './zstd-frames.ts';

const CHUNK_BYTES = 64 * 1024;

/** `Content-Encoding` values that are understood, and what they mean. */
const CODINGS: ReadonlyMap<string, ContentCoding> = new Map<string, ContentCoding>([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['zstd', 'zstd'],
  ['deflate', 'deflate'],
  ['zlib', 'deflate'],
]);

export type ContentCoding = 'identity' | 'gzip' | 'zstd' | 'deflate';

/** For the `Accept-Encoding` of an answer that refuses another coding (RFC 9110 section 12.5.3). */
export const SUPPORTED_CODINGS = 'gzip, zstd, deflate, identity';

/** What a `Content-Encoding` header asks for; `undefined` when it is not supported. */
export function contentCoding(header: string | undefined): ContentCoding | undefined {
  return CODINGS.get((header ?? '').trim().toLowerCase());
}

export type Decompressed =
  | { readonly kind: 'ok'; readonly body: Uint8Array }
  | { readonly kind: 'too_large' | 'overloaded' }
  /** Cut off, damaged, or followed by something else. */
  | { readonly kind: 'malformed'; readonly message: string };

export interface DecompressOptions {
  readonly coding: ContentCoding;
  /** Decompressing stops when there is more. */
  readonly maxBytes: number;
  readonly budget: BudgetShare;
}

/** Decompresses a body; a bomb costs no more memory than `maxBytes`. */
export async function decompress(
  body: Uint8Array,
  options: DecompressOptions,
): Promise<Decompressed> {
  switch (options.coding) {
    case 'identity':
      return { kind: 'ok', body };
    case 'gzip':
      return inflate([body], createGunzipStream, options);
    case 'deflate': {
      return inflate([body], hasZlibHeader(body) ? createInflateStream : createRawStream, options);
    }
    case 'zstd': {
      const frames = zstdFrames(body);
      if (frames === undefined || frames.length === 0) return malformed('zstd', 'it is cut off');
      return inflate(frames, () => createZstdStream(options.maxBytes), options);
    }
  }
}

const createGunzipStream = (): Transform => createGunzip({ chunkSize: CHUNK_BYTES });
const createInflateStream = (): Transform => createInflate({ chunkSize: CHUNK_BYTES });
const createRawStream = (): Transform => createInflateRaw({ chunkSize: CHUNK_BYTES });

/** Senders disagree whether "deflate" has a header; RFC 1950 section 2.2 says how to tell. */
function hasZlibHeader(body: Uint8Array): boolean {
  const [first = 0, second = 0] = body;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

/** The window is memory that a frame asks for; 8 MiB must be supported (RFC 8878), more than the limit is useless. */
function createZstdStream(maxBytes: number): Transform {
  const windowLog = Math.min(27, Math.max(23, Math.ceil(Math.log2(maxBytes))));
  return createZstdDecompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: windowLog },
  });
}

async function inflate(
  parts: readonly Uint8Array[],
  createStream: () => Transform,
  { coding, maxBytes, budget }: DecompressOptions,
): Promise<Decompressed> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (const part of parts) {
      const stream = createStream();
      stream.end(part);
      // Leaving the loop destroys the stream.
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBytes) return { kind: 'too_large' };
        if (!budget.take(chunk.length)) return { kind: 'overloaded' };
        chunks.push(chunk);
      }
    }
  } catch (error) {
    return malformed(coding, error instanceof Error ? error.message : String(error));
  }
  return { kind: 'ok', body: Buffer.concat(chunks) };
}

function malformed(coding: string, reason: string): Decompressed {
  return { kind: 'malformed', message: `the body is not valid ${coding}: ${reason}` };
}
