import type { IncomingMessage } from 'node:http';
import type { BudgetShare } from './byte-budget.ts';

/** What became of the body of a request. */
export type ReadBody =
  | { readonly kind: 'complete'; readonly body: Uint8Array }
  /** More than may be kept; `ended` says whether the sender has sent all of it. */
  | { readonly kind: 'too_large' | 'overloaded'; readonly ended: boolean }
  /** The sender went away, or was too slow, before the end: nothing of it counts. */
  | { readonly kind: 'aborted' };

export interface ReadBodyOptions {
  readonly maxBytes: number;
  readonly budget: BudgetShare;
}

/**
 * Reads a body within its limits. Of a body that is refused the rest is read and thrown away, up to the same limit
 * once more, since a sender that is still writing may not look at the answer before it is done.
 */
export function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<ReadBody> {
  const { maxBytes, budget } = options;
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let refusal: 'too_large' | 'overloaded' | undefined;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) refusal = 'too_large';

  return new Promise((resolve) => {
    const settle = (result: ReadBody): void => {
      request.removeAllListeners('data');
      resolve(result);
    };
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (refusal === undefined) {
        if (bytes > maxBytes) refusal = 'too_large';
        else if (!budget.take(chunk.length)) refusal = 'overloaded';
        else chunks.push(chunk);
      }
      if (refusal === undefined) return;
      chunks = [];
      if (bytes > 2 * maxBytes) settle({ kind: refusal, ended: false });
    });
    request.on('end', () => {
      if (refusal !== undefined) settle({ kind: refusal, ended: true });
      else settle({ kind: 'complete', body: joined(chunks) });
    });
    // Also emitted behind `end`, where it changes nothing.
    request.on('close', () => settle({ kind: 'aborted' }));
    request.on('error', () => settle({ kind: 'aborted' }));
  });
}

/** A small body arrives in one chunk; then nothing is copied. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
