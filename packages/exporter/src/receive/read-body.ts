import type { Readable } from 'node:stream';
import { createBodyBytes } from './body-bytes.ts';
import type { BudgetShare } from './byte-budget.ts';

/** What became of the body of a request. */
export type ReadBody =
  | { readonly kind: 'complete'; readonly body: Uint8Array }
  /** More than may be kept; `ended` says whether the sender has sent all of it. */
  | { readonly kind: 'too_large' | 'overloaded'; readonly ended: boolean }
  /** The sender went away, or was too slow, before the end: nothing of it counts. */
  | { readonly kind: 'aborted' };

export interface ReadBodyOptions {
  /** The `Content-Length`, where there is one. */
  readonly announcedBytes: number | undefined;
  readonly maxBytes: number;
  readonly budget: BudgetShare;
}

/**
 * Reads a body within its limits. Of a body that is refused the rest is read and thrown away, up to the same limit
 * once more, since a sender that is still writing may not look at the answer before it is done.
 */
export function readBody(source: Readable, options: ReadBodyOptions): Promise<ReadBody> {
  const { announcedBytes = 0, maxBytes, budget } = options;
  let body = createBodyBytes(announcedBytes);
  let bytes = 0;
  let budgeted = 0;
  let refusal: 'too_large' | 'overloaded' | undefined;
  if (announcedBytes > maxBytes) refusal = 'too_large';
  const add = (chunk: Buffer): 'too_large' | 'overloaded' | undefined => {
    if (bytes > maxBytes) return 'too_large';
    body.add(chunk);
    const more = body.takenBytes() - budgeted;
    budgeted += more;
    return budget.take(more) ? undefined : 'overloaded';
  };

  return new Promise((resolve) => {
    const settle = (result: ReadBody): void => {
      source.removeAllListeners('data');
      resolve(result);
    };
    source.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      refusal ??= add(chunk);
      if (refusal === undefined) return;
      body = createBodyBytes(0);
      if (bytes > 2 * maxBytes) settle({ kind: refusal, ended: false });
    });
    source.on('end', () => {
      if (refusal !== undefined) settle({ kind: refusal, ended: true });
      else settle({ kind: 'complete', body: body.whole() });
    });
    // Also emitted behind `end`, where it changes nothing.
    source.on('close', () => settle({ kind: 'aborted' }));
    source.on('error', () => settle({ kind: 'aborted' }));
  });
}
