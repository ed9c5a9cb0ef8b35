import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ControlLog } from '../control-core.ts';
import { refuse, type ControlProblemCode } from '../control-problem.ts';
import type { Gate } from './create-gate.ts';
import { demandOf } from './permissions.ts';
import { findRoute, type Exchange, type Route } from './route.ts';
import { sendProblem, statusOf } from './send.ts';

const PREFIX = '/control/';

export interface HandlerOptions {
  readonly routes: readonly Route[];
  readonly gate: Gate;
  readonly isRunning: () => boolean;
  readonly log: ControlLog;
}

/** Answers what is addressed to the control plane and resolves with true; resolves with false for everything else. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<boolean>;

export function createHandler(options: HandlerOptions): RequestHandler {
  return async (request, response) => {
    const [path = '', search = ''] = (request.url ?? '').split('?', 2);
    if (!path.startsWith(PREFIX)) return false;
    try {
      await dispatch(options, { request, response, path, query: new URLSearchParams(search) });
    } catch (error) {
      // The stack is for the companion's own log; a client gets no more than that it failed.
      options.log(
        'error',
        `${path.slice(0, 100)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      if (response.headersSent) response.destroy();
      else
        sendProblem(
          response,
          refuse('internal', 'The companion failed on this request; its log says why.').error,
        );
    }
    return true;
  };
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
}

async function dispatch(options: HandlerOptions, incoming: Incoming): Promise<void> {
  const { gate, routes, isRunning } = options;
  const { request, response, path } = incoming;
  const method = request.method ?? '';
  const found = findRoute(routes, path);
  const caller = await gate.enter(request, response, demandOf(method, found?.route.path ?? path));
  if (caller === undefined) return;
  const exchange = exchangeOf(gate, incoming, { caller, id: found?.id ?? '' });
  if (found === undefined) {
    return exchange.refuse(refuse('not_found', 'The control protocol has no such path.').error);
  }
  const { methods } = found.route;
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler === undefined) {
    const allowed = Object.keys(methods).join(', ');
    response.setHeader('allow', allowed);
    return exchange.refuse(refuse('method_not_allowed', `This path takes ${allowed}.`).error);
  }
  if (!isRunning()) {
    return exchange.refuse(
      refuse('not_running', 'The control plane is not running; try again.').error,
    );
  }
  await handler(exchange);
}

function exchangeOf(
  gate: Gate,
  { request, response, query }: Incoming,
  { caller, id }: Pick<Exchange, 'caller' | 'id'>,
): Exchange {
  const { tokenId } = caller;
  return {
    request,
    response,
    query,
    caller,
    id,
    refuse: async (error, claimed) => {
      if (isRefusal(error.code)) {
        const whose = claimed === undefined ? {} : { claimed };
        await gate.note(request, { cause: error.code, tokenId, ...whose });
      }
      sendProblem(response, error);
    },
  };
}

/** What somebody was refused is written down; what failed on our side is in the log. A policy has an entry of its own. */
function isRefusal(code: ControlProblemCode): boolean {
  return code !== 'policy_refused' && statusOf(code) < 500;
}
