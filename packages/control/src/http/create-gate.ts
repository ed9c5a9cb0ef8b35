import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AccessLog } from '../access-log.ts';
import type { Caller } from '../access/caller.ts';
import type { Admission, Credentials, Doorkeeper } from '../access/doorkeeper.ts';
import type { Permission } from '../access/roles.ts';
import type { SecretEnd } from '../access/token-records.ts';
import { refuse, type ControlProblem, type ControlResult } from '../control-problem.ts';
import { checkAddress } from './check-access.ts';
import type { Demand } from './permissions.ts';
import { sendProblem, statusOf } from './send.ts';

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

/** Who came in; or why not, and how the token ended that would have let them in until then. */
export type KnockAnswer = ControlResult<Caller> & { readonly ended?: SecretEnd };

/** Who came to look at a page; or what to answer, in whatever form the page has. */
export type PageAdmission =
  | { readonly ok: true; readonly value: Caller }
  | {
      readonly ok: false;
      readonly error: ControlProblem;
      /** HTTP status. */
      readonly status: number;
      /** What makes a browser ask for a token, or wait. */
      readonly headers: Readonly<Record<string, string>>;
    };

/** Browsers ask for a user name and a password; which, their dialogs do not all show. */
const ASK_FOR_TOKEN =
  'Basic realm="Aftertrace: any user name, a token as password", charset="UTF-8"';

/** Lets in, and writes down who was not let in. */
export interface Gate {
  /** Resolves with who came in; everybody else has been answered and written down, and it resolves with undefined. */
  readonly enter: (
    request: IncomingMessage,
    response: ServerResponse,
    demand: Demand,
  ) => Promise<Caller | undefined>;
  /** The same for requests that somebody else answers. */
  readonly admit: (request: KnockingRequest, demand: Demand) => Promise<KnockAnswer>;
  /**
   * The same for pages that people look at: reading only, from links of other sites too, and with the token as the
   * password of HTTP Basic, which a browser sends. Nothing that changes anything is ever behind it: a browser sends what it
   * knows with whatever another site makes it ask.
   */
  readonly enterPage: (request: IncomingMessage) => Promise<PageAdmission>;
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
    enterPage: async (request) => {
      const admission = admitToPage({ allowedHosts, doorkeeper }, request);
      if (admission.ok) return admission;
      const { cause, tokenId, ok: _ok, error, retryAfterMillis } = admission;
      await write(knockingOf(request), {
        cause,
        ...(tokenId === undefined ? {} : { tokenId }),
      });
      return {
        ok: false,
        error,
        status: statusOf(error.code),
        headers: headersOf(error, retryAfterMillis),
      };
    },
    admit: async (knocking, demand) => {
      const admission = doorkeeper(knocking, demand);
      if (admission.ok) return admission;
      const { error, ok, cause, tokenId, ended } = admission;
      // Not waited for: who asks has a body that is coming in. It never rejects.
      void write(knocking, { cause, ...(tokenId === undefined ? {} : { tokenId }) });
      return ended === undefined ? { ok, error } : { ok, error, ended };
    },
    note: async (request, refusal) => write(knockingOf(request), refusal),
  };
}

function admitToPage(
  { allowedHosts, doorkeeper }: Pick<GateOptions, 'allowedHosts' | 'doorkeeper'>,
  request: IncomingMessage,
): Admission {
  const address = checkAddress(request, allowedHosts, true);
  if (!address.ok) return { ...address, cause: address.error.code };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const refusal = refuse('method_not_allowed', 'Pages are read: this path takes GET.');
    return { ...refusal, cause: refusal.error.code };
  }
  return doorkeeper({ ...knockingOf(request), takesBasic: true }, demandOfOthers('read'));
}

function headersOf(
  { code }: ControlProblem,
  retryAfterMillis: number | undefined,
): Readonly<Record<string, string>> {
  return {
    ...(code === 'unauthorized' ? { 'www-authenticate': ASK_FOR_TOKEN } : {}),
    ...(code === 'method_not_allowed' ? { allow: 'GET, HEAD' } : {}),
    ...(retryAfterMillis === undefined
      ? {}
      : { 'retry-after': String(Math.ceil(retryAfterMillis / 1000)) }),
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
