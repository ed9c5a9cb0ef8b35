import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type Https from 'node:https';

import * as api from '@opentelemetry/api';

import type { CompanionTls } from './companion-tls.ts';

/** What came back, or that nothing did. */
export type HttpResult =
  | { readonly kind: 'response'; readonly status: number; readonly body: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** A request to the companion. */
export interface PostOptions {
  readonly path: string;
  readonly body: unknown;
  readonly timeoutMillis: number;
  /** Keeps the process alive until it is answered. */
  readonly keepAlive: boolean;
}

/** Talks to one companion. Its sockets do not keep the process alive, and none of its requests is traced. */
export interface CompanionClient {
  /** Never rejects. */
  post(options: PostOptions): Promise<HttpResult>;
  /** Opens a stream. Returns a way to end it, after which nothing more is told. */
  stream(path: string, handlers: StreamHandlers): () => void;
}

/** What a stream tells. */
export interface StreamHandlers {
  /** Its headers are there. */
  readonly onResponse: (response: IncomingMessage) => void;
  /** It could not be opened, or is over; once. */
  readonly onFailure: (reason: string) => void;
}

/** Where it is and how to be let in. */
export interface CompanionClientOptions {
  /** Address without a `/` at its end. */
  readonly url: string;
  readonly token: string | undefined;
  /** Default: the well-known authorities, no certificate of our own. */
  readonly tls?: CompanionTls;
}

/** Longest answer that is read, in bytes. */
const MAX_RESPONSE_BYTES = 1_000_000;
/** As `@opentelemetry/core` names it; context keys are shared by name. */
const SUPPRESS_TRACING = api.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** Node's own client: `fetch` could not be kept from keeping the process alive. */
export function createCompanionClient(options: CompanionClientOptions): CompanionClient {
  return new Client(options);
}

class Client implements CompanionClient {
  readonly #options: CompanionClientOptions;
  readonly #isTls: boolean;
  readonly #agent: Agent;
  /** Not imported: that would run each getter of `node:http` at start, and one of them loads all of undici. */
  readonly #http: Pick<typeof Https, 'request'>;

  constructor(options: CompanionClientOptions) {
    this.#options = options;
    this.#isTls = options.url.startsWith('https:');
    const pool = { keepAlive: true, maxSockets: 4 };
    if (this.#isTls) {
      const https = process.getBuiltinModule('node:https');
      this.#http = https;
      this.#agent = new https.Agent({ ...pool, ...options.tls });
    } else {
      const http = process.getBuiltinModule('node:http');
      this.#http = http;
      this.#agent = new http.Agent(pool);
    }
  }

  post({ path, body, timeoutMillis, keepAlive }: PostOptions): Promise<HttpResult> {
    const json = toJson(body);
    if (json === undefined) {
      return Promise.resolve({ kind: 'unreachable', reason: 'the request has no JSON form' });
    }
    return new Promise((resolve) => {
      const request = this.#open(path, 'POST', { agent: this.#agent, keepAlive });
      if (typeof request === 'string') return resolve({ kind: 'unreachable', reason: request });
      const timer = setTimeout(() => {
        request.destroy(new Error(`no answer within ${timeoutMillis} ms`));
      }, timeoutMillis);
      if (!keepAlive) timer.unref();
      const finish = (result: HttpResult): void => {
        clearTimeout(timer);
        resolve(result);
      };
      request.on('error', (error) => finish({ kind: 'unreachable', reason: error.message }));
      request.on('response', (response) => void readBody(response).then(finish));
      request.setHeader('content-type', 'application/json');
      request.end(json);
    });
  }

  stream(path: string, { onResponse, onFailure }: StreamHandlers): () => void {
    const request = this.#open(path, 'GET', { agent: undefined, keepAlive: false });
    if (typeof request === 'string') return failLater(request, onFailure);
    let isOver = false;
    const fail = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      onFailure(reason);
    };
    request.setHeader('accept', 'text/event-stream');
    request.on('error', (error) => fail(error.message));
    request.on('response', (response) => {
      response.on('error', (error) => fail(error.message));
      response.on('close', () => fail('the stream ended'));
      onResponse(response);
    });
    request.end();
    return () => {
      isOver = true;
      request.destroy();
    };
  }

  /** A request, or why none can be made: Node throws for a token that is no header, or a certificate that is none. */
  #open(path: string, method: string, how: RequestManner): ClientRequest | string {
    try {
      return this.#request(path, method, how);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #request(path: string, method: string, how: RequestManner): ClientRequest {
    const { url, token, tls } = this.#options;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const untraced = api.ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true);
    return api.context.with(untraced, () => {
      const request = this.#http.request(new URL(url + path), {
        ...(this.#isTls ? tls : {}),
        method,
        headers,
        agent: how.agent ?? false,
      });
      request.on('socket', (socket) => {
        if (how.keepAlive) socket.ref();
        else socket.unref();
      });
      return request;
    });
  }
}

interface RequestManner {
  readonly agent: Agent | undefined;
  readonly keepAlive: boolean;
}

/** As a connection fails: not before the caller has got its way to end it. */
function failLater(reason: string, onFailure: (reason: string) => void): () => void {
  const timer = setImmediate(() => onFailure(reason)).unref();
  return () => clearImmediate(timer);
}

function toJson(body: unknown): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    // Cycles and BigInt in arguments: told to the caller as a value.
    return undefined;
  }
}

async function readBody(response: IncomingMessage): Promise<HttpResult> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_RESPONSE_BYTES) {
        response.destroy();
        return { kind: 'unreachable', reason: 'the answer is too long' };
      }
      chunks.push(chunk);
    }
  } catch (error) {
    return { kind: 'unreachable', reason: String(error) };
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return { kind: 'response', status: response.statusCode ?? 0, body };
}
