import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type {
  Ack,
  ApprovalAnswer,
  ApprovalRequest,
  Containment,
  ControlState,
  EvidenceRecord,
} from '@aftertrace/schema';
import { ControlPath } from '@aftertrace/schema/names';

/** How the server behaves. */
export type ServerMood =
  | 'well'
  /** Streams and requests get no answer. */
  | 'hanging'
  /** Streams and requests get HTML. */
  | 'html'
  /** Streams carry events that are no messages. */
  | 'nonsense'
  /** Nobody is let in. */
  | 'closed';

/** A companion that is as small as the protocol allows, behind a real server. */
export interface ControlServer {
  readonly url: string;
  readonly token: string;
  readonly acks: readonly Ack[];
  readonly evidence: readonly EvidenceRecord[];
  readonly approvals: readonly ApprovalRequest[];
  /** Paths of the streams that were opened. */
  readonly streams: readonly string[];
  mood: ServerMood;
  /** Sends a new state, at the next revision, to every stream. */
  setState(state: { policy?: unknown; containments?: readonly Containment[] }): void;
  answer(answer: ApprovalAnswer): void;
  /** Cuts every stream. */
  cut(): void;
  /** Resolves when the condition holds; it is looked at after each request. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts it on a free port of the loopback address, or on the given one. */
export async function startControlServer(port = 0): Promise<ControlServer> {
  const companion = new Companion();
  const server = createServer((request, response) => void companion.handle(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  companion.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  companion.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return companion;
}

class Companion implements ControlServer {
  url = '';
  readonly token = 'test-token';
  mood: ServerMood = 'well';
  readonly acks: Ack[] = [];
  readonly evidence: EvidenceRecord[] = [];
  readonly approvals: ApprovalRequest[] = [];
  readonly streams: string[] = [];
  readonly #open = new Set<ServerResponse>();
  readonly #checks = new Set<() => void>();
  #state: { revision: number; policy?: unknown; containments: readonly Containment[] } = {
    revision: 1,
    containments: [],
  };

  close = (): Promise<void> => Promise.resolve();

  setState(state: { policy?: unknown; containments?: readonly Containment[] }): void {
    const revision = this.#state.revision + 1;
    this.#state = { containments: [], ...state, revision };
    for (const stream of this.#open) this.#sendState(stream);
  }

  answer(answer: ApprovalAnswer): void {
    for (const stream of this.#open) {
      stream.write(`event: approval\ndata: ${JSON.stringify(answer)}\n\n`);
    }
  }

  cut(): void {
    for (const stream of this.#open) stream.destroy();
    this.#open.clear();
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#handle(request, response);
    for (const check of this.#checks) check();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const isStream = path.startsWith(ControlPath.STREAM);
    if (isStream) this.streams.push(path);
    if (this.mood === 'hanging') return;
    if (this.mood === 'html') {
      response.setHeader('content-type', 'text/html').end('<h1>hello</h1>');
      return;
    }
    if (this.mood === 'closed' || request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401).end();
      return;
    }
    if (isStream) this.#startStream(response);
    else this.#take(path, await readJson(request), response);
  }

  #startStream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (this.mood === 'nonsense') {
      response.write('event: state\ndata: {"revision":"many"}\n\n');
      response.write('event: approval\ndata: null\n\nevent: state\ndata: ]\n\n');
      return;
    }
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
    this.#sendState(response);
  }

  #sendState(response: ServerResponse): void {
    const { revision } = this.#state;
    const json = JSON.stringify(
      this.#state satisfies Omit<ControlState, 'policy' | 'containments'>,
    );
    response.write(`id: ${revision}\nevent: state\ndata: ${json}\n\n`);
  }

  #take(path: string, body: unknown, response: ServerResponse): void {
    if (path === ControlPath.ACKS) this.acks.push(body as Ack);
    if (path === ControlPath.EVIDENCE) {
      this.evidence.push(...(body as { records: EvidenceRecord[] }).records);
    }
    if (path === ControlPath.APPROVALS) this.approvals.push(body as ApprovalRequest);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
}
