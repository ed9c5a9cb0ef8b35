import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { addressProblem, BlockedAddressError, guardedLookup, hostOf } from './address-guard.ts';
import { isIP } from 'node:net';

/** One POST. */
export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMillis: number;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** The answer's status and `Retry-After`; its body is of no interest. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Sends one POST and follows no redirect.
 *
 * @throws BlockedAddressError when the host may not be connected to; otherwise what the network said.
 */
export async function post(options: PostOptions): Promise<PostAnswer> {
  const { url, body, allowPrivate } = options;
  const host = hostOf(url);
  // Node asks `lookup` for names only.
  const problem = isIP(host) === 0 ? undefined : addressProblem(host, host, allowPrivate);
  if (problem !== undefined) throw new BlockedAddressError(problem);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const outgoing = send(
    url,
    {
      method: 'POST',
      agent: false,
      headers: { ...options.headers, 'content-length': String(Buffer.byteLength(body)) },
      lookup: guardedLookup(allowPrivate),
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMillis)]),
    },
    (response) => {
      resolve({
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'],
      });
      // The body may be endless: it is not read.
      response.destroy();
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}
