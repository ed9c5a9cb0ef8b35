import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Caller, ControlPlane } from '@aftertrace/control';

interface Answered {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
}

/** What was refused to who had come in is in the audit log, as on the control plane's own paths. */
export function noteRefusal(
  control: Pick<ControlPlane, 'noteRefusal'>,
  { request, response, caller }: Answered,
): void {
  const { statusCode } = response;
  if (statusCode < 400 || statusCode >= 500) return;
  void control.noteRefusal({
    cause: `http_${statusCode}`,
    method: request.method ?? '',
    path: request.url?.split('?', 1)[0] ?? '',
    remote: request.socket.remoteAddress ?? '',
    tokenId: caller.tokenId,
  });
}
