import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { refuse, succeed, type ControlResult } from '../control-problem.ts';

export interface AccessOptions {
  readonly token: string;
  /** Host names, without port, that the companion answers to. */
  readonly allowedHosts: ReadonlySet<string>;
}

/** Names that reach a loopback address and that no stranger's DNS can claim. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Who may come in. `Host` defends a companion on loopback against web pages whose name was rebound to it; `Origin` and
 * `Sec-Fetch-Site` against requests that another site's page makes; the token against everybody else.
 */
export function checkAccess(request: IncomingMessage, options: AccessOptions): ControlResult<true> {
  const { headers } = request;
  const host = headers.host ?? '';
  if (!options.allowedHosts.has(host.replace(/:\d+$/, '').toLowerCase())) {
    return refuse('forbidden_host', 'The companion does not answer to this host name.');
  }
  const { origin } = headers;
  const isForeign = origin !== undefined && !isSameOrigin(origin, host);
  if (isForeign || headers['sec-fetch-site'] === 'cross-site') {
    return refuse('forbidden_origin', 'The companion takes no requests from other sites.');
  }
  const [scheme, token] = (headers.authorization ?? '').split(' ', 2);
  if (scheme?.toLowerCase() === 'bearer' && isSame(token ?? '', options.token))
    return succeed(true);
  return refuse(
    'unauthorized',
    'A valid bearer token is required; AFTERTRACE_TOKEN and the file that `aftertrace serve` leaves for its user have it.',
  );
}

function isSameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** Compares in a time that says nothing about where two secrets differ, nor about their lengths. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
