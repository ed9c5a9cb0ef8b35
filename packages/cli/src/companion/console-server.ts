import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import type { ControlPlane, Permission } from '@aftertrace/control';
import { onRefusedHandshake, serverTlsOptions, type ReceiverTls } from '@aftertrace/exporter';
import { INCIDENTS_PATH, type Incidents } from '@aftertrace/incidents';

import type { ListenAddress } from '../parse-address.ts';
import type { AnswerPage } from './console-pages.ts';
import type { AnswerData } from './data-api.ts';
import { noteRefusal } from './note-refusal.ts';
import type { Observer } from './observer.ts';

interface ConsoleParts {
  readonly control: ControlPlane;
  readonly incidents: Incidents;
  readonly observer: Observer;
  readonly answersData: AnswerData;
  readonly answersPages: AnswerPage;
  /** Absent: no TLS. */
  readonly tls: ReceiverTls | undefined;
}

/** The console's port: health for everybody who reaches it; metrics, control plane, pages and incidents behind the token. */
export function createConsoleServer({
  control,
  incidents,
  observer,
  answersData,
  answersPages,
  tls,
}: ConsoleParts): Server {
  const listener: RequestListener = (request, response) => {
    const answer = async (): Promise<void> => {
      if (observer.answersAnyone(request)) return observer.answer(request, response);
      if (await control.handle(request, response)) return;
      if (await answersPages(request, response)) return;
      const permission = permissionOf(request);
      const caller = await control.authorize(request, response, permission);
      if (caller === undefined) return;
      response.once('finish', () => noteRefusal(control, { request, response, caller }));
      if (observer.answers(request)) return observer.answer(request, response);
      if (await answersData(request, response, caller.identity)) return;
      if (await incidents.handle(request, response, caller)) return;
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 'not_found', message: 'no such path' } }));
    };
    answer().catch(() => response.destroy());
  };
  if (tls === undefined) return createServer(listener);
  const server = createTlsServer(serverTlsOptions(tls), listener);
  onRefusedHandshake(server, (remote) => {
    void control.noteRefusal({ cause: 'tls_handshake', method: '', path: '', remote });
  });
  return server;
}

/** What one must be allowed to, for what is not the control plane's. Orders about data are for administrators. */
function permissionOf({ method, url = '' }: IncomingMessage): Permission {
  const path = url.split('?', 1)[0] ?? '';
  // Who sends telemetry may read how it is taken: a Collector that scrapes what it feeds needs no other token.
  if (path === '/metrics') return 'ingest';
  if (method === 'GET' || method === 'HEAD') return 'read';
  return path.startsWith(`${INCIDENTS_PATH}/`) ? 'respond' : 'administer';
}

/** Listens; gives the address as it came to be. Rejects where it cannot be had. */
export function listenOn(server: Server, address: ListenAddress): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.removeListener('error', reject);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      const scheme = 'setSecureContext' in server ? 'https' : 'http';
      resolve(`${scheme}://${host}:${port}`);
    });
  });
}
