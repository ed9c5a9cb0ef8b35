import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AccessLog } from '../access-log.ts';
import { checkAccess, type AccessOptions } from './check-access.ts';
import { sendProblem } from './send.ts';

export interface GateOptions {
  readonly access: AccessOptions;
  readonly accessLog: AccessLog;
  readonly isRunning: () => boolean;
}

/** Resolves with true for who may come in; everybody else has been answered and written down. */
export type Gate = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export function createGate({ access, accessLog, isRunning }: GateOptions): Gate {
  return async (request, response) => {
    const result = checkAccess(request, access);
    if (result.ok) return true;
    if (isRunning()) {
      await accessLog.refused({
        cause: result.error.code,
        method: request.method ?? '',
        path: request.url?.split('?', 1)[0] ?? '',
        remote: request.socket.remoteAddress ?? '',
      });
    }
    sendProblem(response, result.error);
    return false;
  };
}
