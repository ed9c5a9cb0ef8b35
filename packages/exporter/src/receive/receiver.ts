import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { ExporterError } from '../exporter-error.ts';
import type { Accept, OtlpSignal } from './accept.ts';
import type { Answer, AnswerEncoding } from './answer.ts';
import { contentCoding, SUPPORTED_CODINGS, type ContentCoding } from './decompress.ts';
import type { GrpcServer } from './grpc/grpc-server.ts';
import { sendAnswer } from './http-answer.ts';
import {
  createIntake,
  REFUSED_BODY_BYTES,
  shuttingDown,
  type AuthorizeSender,
  type Intake,
  type ReceiverStats,
} from './intake.ts';
import { readBody } from './read-body.ts';
import { receiverLimits, type ReceiverLimits } from './receiver-limits.ts';
import { onRefusedHandshake, serverTlsOptions, type ReceiverTls } from './receiver-tls.ts';

const SIGNALS: ReadonlyMap<string, OtlpSignal | 'metrics'> = new Map<
  string,
  OtlpSignal | 'metrics'
>([
  ['/v1/traces', 'traces'],
  ['/v1/logs', 'logs'],
  ['/v1/metrics', 'metrics'],
]);

const ENCODINGS: ReadonlyMap<string, AnswerEncoding> = new Map<string, AnswerEncoding>([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);

/** Connections that may come at once; the system takes fewer where its own limit is lower. */
const BACKLOG = 4096;

export interface OtlpReceiverOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  /**
   * Listens for OTLP/gRPC too, on a port of its own; 0 for any free one. For senders that speak nothing else, such as
   * the Collector's load-balancing exporter. Default: not; then none of its code is loaded.
   */
  readonly grpc?: { readonly host?: string; readonly port: number };
  /** Takes each whole request; its answer decides ours. */
  readonly accept: Accept;
  /** Who may send. Default: everybody who reaches the port. */
  readonly authorize?: AuthorizeSender;
  /** TLS on both ports. Default: none. */
  readonly tls?: ReceiverTls;
  /** Told the address of each sender that TLS has turned away. */
  readonly onRefusedHandshake?: (remote: string) => void;
  /** Sizes and times; see {@link ReceiverLimits} for the defaults. */
  readonly limits?: Partial<ReceiverLimits>;
  /** Whether `/readyz` says yes while we are running; for example that the journal's disk is well. Default: always. */
  readonly isReady?: () => boolean;
  /** Milliseconds since the Unix epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** Told of failures of `accept`, at most once a minute. Default: counted only. */
  readonly log?: (message: string, cause: unknown) => void;
}

/** Where the receiver listens. */
export interface ReceiverAddress {
  readonly host: string;
  readonly port: number;
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`, without a trailing slash. */
  readonly url: string;
  /** Where OTLP/gRPC is taken, `http://host:port`, if it is. */
  readonly grpcUrl?: string;
}

/**
 * OTLP/HTTP: `POST /v1/traces`, `/v1/logs` (and `/v1/metrics`, accepted and ignored), `GET /healthz`, `/readyz`; and
 * OTLP/gRPC where asked for.
 */
export interface OtlpReceiver {
  /** Listens. Idempotent. Rejects with `ExporterError` `receiver_listen` when the address cannot be had. */
  start(): Promise<ReceiverAddress>;
  stats(): ReceiverStats;
  /** Takes another certificate for connections to come. Only where TLS was there from the start. */
  renewTls(tls: ReceiverTls): void;
  /**
   * Answers 503 to new requests, finishes those that are in `accept`, closes. What is not done after
   * `deadlineMillis` is cut off. Idempotent, safe before start.
   */
  shutdown(deadlineMillis: number): Promise<void>;
}

export function createOtlpReceiver(options: OtlpReceiverOptions): OtlpReceiver {
  return new HttpReceiver(options);
}

/** What the head of a request for telemetry says. */
interface Head {
  readonly signal: OtlpSignal | 'metrics';
  readonly encoding: AnswerEncoding;
  readonly coding: ContentCoding;
}

/** A refusal, or what is needed to answer a request for telemetry. */
type Routed =
  | { readonly kind: 'telemetry'; readonly head: Head }
  | {
      readonly kind: 'refused';
      readonly answer: Answer;
      /** Little of the body is read. */
      readonly isStranger?: true;
    };

/** The answer, or `undefined` when nobody is left to read it; and whether the sender has sent all of its request. */
interface Handled {
  readonly answer: Answer | undefined;
  readonly ended: boolean;
}

class HttpReceiver implements OtlpReceiver {
  readonly #options: OtlpReceiverOptions;
  readonly #intake: Intake;
  readonly #server: Server | TlsServer;
  #grpc: GrpcServer | undefined;
  #listening: Promise<ReceiverAddress> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: OtlpReceiverOptions) {
    this.#options = options;
    this.#intake = createIntake({
      accept: options.accept,
      ...(options.authorize === undefined ? {} : { authorize: options.authorize }),
      limits: receiverLimits(options.limits),
      now: options.now ?? Date.now,
      log: options.log ?? (() => undefined),
    });
    this.#server = createHttpServer(this.#intake.limits, options.tls);
    const tell = options.onRefusedHandshake ?? ((): void => undefined);
    if (options.tls !== undefined) onRefusedHandshake(this.#server, tell);
    this.#server.on('request', (request, response) =>
      this.#intake.track(this.#handle(request, response)),
    );
  }

  start(): Promise<ReceiverAddress> {
    this.#listening ??= this.#listenAll();
    return this.#listening;
  }

  stats(): ReceiverStats {
    return this.#intake.stats();
  }

  renewTls(tls: ReceiverTls): void {
    if (!('setSecureContext' in this.#server)) return;
    this.#server.setSecureContext(serverTlsOptions(tls));
    this.#grpc?.renewTls(tls);
  }

  shutdown(deadlineMillis: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMillis);
    return this.#closing;
  }

  async #listenAll(): Promise<ReceiverAddress> {
    const { grpc } = this.#options;
    const address = await this.#listen();
    if (grpc === undefined) return address;
    try {
      const { createGrpcServer } = await import('./grpc/grpc-server.ts');
      const { tls, onRefusedHandshake: tell } = this.#options;
      this.#grpc = createGrpcServer(this.#intake, { tls, onRefusedHandshake: tell });
      return { ...address, grpcUrl: await this.#grpc.listen(grpc) };
    } catch (error) {
      this.#server.close();
      throw error;
    }
  }

  #listen(): Promise<ReceiverAddress> {
    const { host = '127.0.0.1', port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.on('error', (cause: NodeJS.ErrnoException) => {
        const message = `cannot listen for OTLP on ${host}:${port} (${cause.code ?? cause.message}); choose another address, or stop what uses it`;
        reject(new ExporterError('receiver_listen', message, { cause }));
      });
      this.#server.listen({ host, port, backlog: BACKLOG }, () => {
        const address = this.#server.address() as AddressInfo;
        const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
        resolve({
          host: address.address,
          port: address.port,
          url: `${this.#options.tls === undefined ? 'http' : 'https'}://${name}:${address.port}`,
        });
      });
    });
  }

  async #close(deadlineMillis: number): Promise<void> {
    this.#intake.drain();
    if (this.#listening === undefined) return;
    const started = await this.#listening.then(
      () => true,
      () => false,
    );
    if (!started) return;
    const deadline = new Promise<void>((resolve) => {
      setTimeout(resolve, deadlineMillis).unref();
    });
    await Promise.race([this.#intake.drained(), deadline]);
    const closed = Promise.all([
      new Promise<void>((resolve) => {
        this.#server.close(() => resolve());
      }),
      this.#grpc?.close(),
    ]);
    await Promise.race([closed, deadline]);
    this.#server.closeAllConnections();
    this.#grpc?.cutOff();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (path === '/healthz' || path === '/readyz')
      return this.#answerProbe(path, request, response);
    const { answer, ended } = await this.#answerTo(path, request);
    this.#intake.count(answer);
    if (answer === undefined) {
      response.destroy();
      return;
    }
    await sendAnswer(response, answer, {
      encoding: requestEncoding(request) ?? 'json',
      close: this.#intake.isDraining() || !ended,
    });
  }

  async #answerProbe(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    request.resume();
    const ready = !this.#intake.isDraining() && (this.#options.isReady?.() ?? true);
    const ok = path === '/healthz' || ready;
    response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' });
    await new Promise<void>((resolve) => {
      response.on('close', () => resolve());
      response.end(JSON.stringify({ status: ok ? 'ok' : 'unavailable' }));
    });
  }

  async #answerTo(path: string, request: IncomingMessage): Promise<Handled> {
    const routed = await this.#admit(path, request);
    const budget = this.#intake.share();
    try {
      const isStranger = routed.kind === 'refused' && 'isStranger' in routed;
      const maxBytes = isStranger ? REFUSED_BODY_BYTES : this.#intake.limits.maxBodyBytes;
      const announcedBytes = Number(request.headers['content-length'] ?? 0);
      const read = await readBody(request, { announcedBytes, maxBytes, budget });
      if (read.kind === 'aborted') return { answer: undefined, ended: false };
      const ended = read.kind === 'complete' || read.ended;
      if (routed.kind === 'refused') return { answer: routed.answer, ended };
      if (read.kind !== 'complete') return { answer: this.#intake.tooMuch(read.kind), ended };
      const answer = await this.#intake.take({ ...routed.head, body: read.body, budget });
      return { answer, ended };
    } finally {
      budget.giveAll();
    }
  }

  /** Who asks for telemetry to be taken must be let in before its body is read. */
  async #admit(path: string, request: IncomingMessage): Promise<Routed> {
    const routed = this.#route(path, request);
    if (routed.kind === 'refused') return routed;
    const refusal = await this.#intake.authorize({
      authorization: request.headers.authorization,
      remote: request.socket.remoteAddress ?? '',
      method: request.method ?? '',
      path,
    });
    return refusal === undefined ? routed : { kind: 'refused', answer: refusal, isStranger: true };
  }

  /** Everything that can be said before the body is there. */
  #route(path: string, request: IncomingMessage): Routed {
    const signal = SIGNALS.get(path);
    const refused = (answer: Answer): Routed => ({ kind: 'refused', answer });
    if (signal === undefined) {
      const message = 'unknown path; OTLP goes to /v1/traces, /v1/logs or /v1/metrics';
      return refused({ kind: 'not_found', message });
    }
    if (request.method !== 'POST') {
      const message = 'OTLP is sent with POST';
      return refused({ kind: 'wrong_method', message, header: ['allow', 'POST'] });
    }
    const encoding = requestEncoding(request);
    if (encoding === undefined) {
      const types = [...ENCODINGS.keys()].join(', ');
      const message = `Content-Type must be one of ${types}`;
      return refused({ kind: 'unsupported', message, header: ['accept-post', types] });
    }
    const coding = contentCoding(request.headers['content-encoding']);
    if (coding === undefined) {
      const message = `Content-Encoding must be one of ${SUPPORTED_CODINGS}`;
      const header = ['accept-encoding', SUPPORTED_CODINGS] as const;
      return refused({ kind: 'unsupported', message, header });
    }
    if (this.#intake.isDraining()) return refused(shuttingDown());
    return { kind: 'telemetry', head: { signal, encoding, coding } };
  }
}

function createHttpServer(
  limits: ReceiverLimits,
  tls: ReceiverTls | undefined,
): Server | TlsServer {
  const { requestTimeoutMillis, headersTimeoutMillis, keepAliveTimeoutMillis } = limits;
  const options = {
    requestTimeout: requestTimeoutMillis,
    headersTimeout: Math.min(requestTimeoutMillis, headersTimeoutMillis),
    keepAliveTimeout: keepAliveTimeoutMillis,
    connectionsCheckingInterval: Math.min(5_000, requestTimeoutMillis),
  };
  const server =
    tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, ...serverTlsOptions(tls) });
  server.on('clientError', (error, socket) => refuseConnection(error, socket as Socket));
  return server;
}

/** The encoding by the request's media type; parameters such as `charset` are allowed. */
function requestEncoding(request: IncomingMessage): AnswerEncoding | undefined {
  const type = request.headers['content-type']?.split(';', 1)[0] ?? '';
  return ENCODINGS.get(type.trim().toLowerCase());
}

/**
 * For connections that do not speak HTTP, or stall. A stalled sender gets no 408: the Collector would drop its data
 * for good on that, while a cut connection is tried again.
 */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
