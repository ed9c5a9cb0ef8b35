import type { IncomingMessage } from 'node:http';

import { refuse, succeed, type ControlResult } from '../control-problem.ts';

/** Names that reach a loopback address and that no stranger's DNS can claim. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a request is addressed to us by who means us. `Host` defends a companion on loopback against web pages whose
 * name was rebound to it; `Origin` and `Sec-Fetch-Site` against requests that another site's page makes.
 *
 * @param allowedHosts Host names, without port, that the companion answers to.
 * @param mayFollowLinks A person may come by a link on another site, which then sees nothing of the answer. Default no.
 */
export function checkAddress(
  { headers }: IncomingMessage,
  allowedHosts: ReadonlySet<string>,
  mayFollowLinks = false,
): ControlResult<true> {
  const host = headers.host ?? '';
  if (!allowedHosts.has(host.replace(/:\d+$/, '').toLowerCase())) {
    return refuse('forbidden_host', 'The companion does not answer to this host name.');
  }
  const { origin } = headers;
  const isForeign = origin !== undefined && !isSameOrigin(origin, host);
  const isFollowed = mayFollowLinks && isNavigation(headers);
  if (isForeign || (headers['sec-fetch-site'] === 'cross-site' && !isFollowed)) {
    return refuse('forbidden_origin', 'The companion takes no requests from other sites.');
  }
  return succeed(true);
}

/** A person's browser opens a page in a window of its own: no picture, script, frame or request of another page. */
function isNavigation(headers: IncomingMessage['headers']): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

function isSameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}
