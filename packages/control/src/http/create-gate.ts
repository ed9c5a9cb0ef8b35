import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AccessLog } from '../access-log.ts';
import type { Caller } from '../access/caller.ts';
import type { Credentials, Doorkeeper } from '../access/doorkeeper.ts';
import type { Permission } from '../access/roles.ts';
import type { ControlProblem, ControlResult } from '../control-problem.ts';
import { checkAddress } from './check-access.ts';
import type { Demand } from './permissions.ts';
import { sendProblem } from './send.ts';

export interface GateOptions {
  readonly allowedHosts: ReadonlySet<string>;
  readonly doorkeeper: Doorkeeper;
  readonly accessLog: AccessLog;
  readonly isRunning: () => boolean;
}

/** What was refused, for the audit log. */
export interface GateRefusal {
  readonly cause: string;
  readonly claimed?: string;
  readonly tokenId?: string;
}

/** A request that came over another protocol or port. */
export interface KnockingRequest extends Credentials {
  /** For the audit log. */
  readonly method: string;
  readonly path: string;
}

/** Lets in, and writes down who was not let in. */
export interface Gate {
  /** Resolves with who came in; everybody else has been answered and written down, and it resolves with undefined. */
  readonly enter: (
    request: IncomingMessage,
    response: ServerResponse,
    demand: Demand,
  ) => Promise<Caller | undefined>;
  /** The same for requests that somebody else answers. */
  readonly admit: (request: KnockingRequest, demand: Demand) => Promise<ControlResult<Caller>>;
  /** Writes down that who had come in was refused something. */
  readonly note: (request: IncomingMessage, refusal: GateRefusal) => Promise<void>;
}

export function createGate({ allowedHosts, doorkeeper, accessLog, isRunning }: GateOptions): Gate {
  const write = async (
    { method, path, remote }: Omit<KnockingRequest, 'authorization'>,
    refusal: GateRefusal,
  ): Promise<void> => {
    if (isRunning()) await accessLog.refused({ ...refusal, method, path, remote });
  };
  const turnAway = (response: ServerResponse, error: ControlProblem): undefined => {
    sendProblem(response, error);
    return undefined;
  };
  return {
    enter: async (request, response, demand) => {
      const address = checkAddress(request, allowedHosts);
      const knocking = knockingOf(request);
      if (!address.ok) {
        await write(knocking, { cause: address.error.code });
        return turnAway(response, address.error);
      }
      const admission = doorkeeper(knocking, demand);
      if (admission.ok) return admission.value;
      const { error, retryAfterMillis, ok: _ok, ...refusal } = admission;
      await write(knocking, refusal);
      if (retryAfterMillis !== undefined) {
        response.setHeader('retry-after', Math.ceil(retryAfterMillis / 1000));
      }
      return turnAway(response, error);
    },
    admit: async (knocking, demand) => {
      const admission = doorkeeper(knocking, demand);
      if (admission.ok) return admission;
      const { error, ok, cause, tokenId } = admission;
      // Not waited for: who asks has a body that is coming in. It never rejects.
      void write(knocking, { cause, ...(tokenId === undefined ? {} : { tokenId }) });
      return { ok, error };
    },
    note: async (request, refusal) => write(knockingOf(request), refusal),
  };
}

function knockingOf(request: IncomingMessage): KnockingRequest {
  return {
    authorization: request.headers.authorization,
    method: request.method ?? '',
    path: request.url?.split('?', 1)[0] ?? '',
    remote: request.socket.remoteAddress ?? '',
  };
}

/** What else is served is asked of people; telemetry has limits of its own, in bytes. */
export function demandOfOthers(permission: Permission): Demand {
  if (permission === 'ingest') return { permission, kind: undefined };
  return { permission, kind: permission === 'agent' ? 'agent' : 'people' };
}
