import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ExporterError } from '../exporter-error.ts';
import type { Accept, OtlpSignal } from './accept.ts';
import { sendAnswer, type Answer, type AnswerEncoding } from './answer.ts';
import { createBudgetShare, createByteBudget, type ByteBudget } from './byte-budget.ts';
import { contentCoding, decompress, SUPPORTED_CODINGS } from './decompress.ts';
import { readBody } from './read-body.ts';
import { receiverLimits, type ReceiverLimits } from './receiver-limits.ts';

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

const RETRY_AFTER_SECONDS = 1;
const LOG_INTERVAL_MILLIS = 60_000;

export interface OtlpReceiverOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  /** Takes each whole request; its answer decides ours. */
  readonly accept: Accept;
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
}

/** Requests since the start, by what became of them. */
export interface ReceiverStats {
  readonly accepted: number;
  /** Refused for the sender's fault: 4xx. */
  readonly refused: number;
  /** Answered with 503: overload, disk, shutdown, a failure of `accept`. */
  readonly unavailable: number;
  /** The sender went away or stalled before the end of its request. */
  readonly aborted: number;
  /** Bytes of bodies in memory now. */
  readonly bytesInFlight: number;
}

/** OTLP/HTTP: `POST /v1/traces`, `/v1/logs` (and `/v1/metrics`, accepted and ignored), `GET /healthz`, `/readyz`. */
export interface OtlpReceiver {
  /** Listens. Idempotent. Rejects with `ExporterError` `receiver_listen` when the address cannot be had. */
  start(): Promise<ReceiverAddress>;
  stats(): ReceiverStats;
  /**
   * Answers 503 to new requests, finishes those that are in `accept`, closes. What is not done after
   * `deadlineMillis` is cut off. Idempotent, safe before start.
   */
  shutdown(deadlineMillis: number): Promise<void>;
}

export function createOtlpReceiver(options: OtlpReceiverOptions): OtlpReceiver {
  return new HttpReceiver(options);
}

/** A refusal, or what is needed to answer a request for telemetry. */
type Routed =
  | { readonly kind: 'telemetry'; readonly signal: OtlpSignal | 'metrics' }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** The answer, or `undefined` when nobody is left to read it; and whether the sender has sent all of its request. */
interface Handled {
  readonly answer: Answer | undefined;
  readonly ended: boolean;
}

class HttpReceiver implements OtlpReceiver {
  readonly #options: OtlpReceiverOptions;
  readonly #limits: ReceiverLimits;
  readonly #budget: ByteBudget;
  readonly #server: Server;
  readonly #active = new Set<Promise<void>>();
  readonly #counts = { accepted: 0, refused: 0, unavailable: 0, aborted: 0 };
  #listening: Promise<ReceiverAddress> | undefined;
  #closing: Promise<void> | undefined;
  #draining = false;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(options: OtlpReceiverOptions) {
    this.#options = options;
    this.#limits = receiverLimits(options.limits);
    this.#budget = createByteBudget(this.#limits.maxInFlightBytes);
    const { requestTimeoutMillis, keepAliveTimeoutMillis } = this.#limits;
    this.#server = createServer({
      requestTimeout: requestTimeoutMillis,
      headersTimeout: Math.min(requestTimeoutMillis, this.#limits.headersTimeoutMillis),
      keepAliveTimeout: keepAliveTimeoutMillis,
      connectionsCheckingInterval: Math.min(5_000, requestTimeoutMillis),
    });
    this.#server.on('request', (request, response) => this.#track(request, response));
    this.#server.on('clientError', (error, socket) => refuseConnection(error, socket as Socket));
  }

  start(): Promise<ReceiverAddress> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  stats(): ReceiverStats {
    return { ...this.#counts, bytesInFlight: this.#budget.used() };
  }

  shutdown(deadlineMillis: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMillis);
    return this.#closing;
  }

  #listen(): Promise<ReceiverAddress> {
    const { host = '127.0.0.1', port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.on('error', (cause: NodeJS.ErrnoException) => {
        const message = `cannot listen for OTLP on ${host}:${port} (${cause.code ?? cause.message}); choose another address, or stop what uses it`;
        reject(new ExporterError('receiver_listen', message, { cause }));
      });
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address() as AddressInfo;
        const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
        resolve({
          host: address.address,
          port: address.port,
          url: `http://${name}:${address.port}`,
        });
      });
    });
  }

  async #close(deadlineMillis: number): Promise<void> {
    this.#draining = true;
    if (this.#listening === undefined) return;
    const started = await this.#listening.then(
      () => true,
      () => false,
    );
    if (!started) return;
    const deadline = new Promise<void>((resolve) => {
      setTimeout(resolve, deadlineMillis).unref();
    });
    await Promise.race([this.#drained(), deadline]);
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await Promise.race([closed, deadline]);
    this.#server.closeAllConnections();
    await closed;
  }

  async #drained(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  #track(request: IncomingMessage, response: ServerResponse): void {
    const handled = this.#handle(request, response);
    this.#active.add(handled);
    void handled.finally(() => this.#active.delete(handled));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (path === '/healthz' || path === '/readyz')
      return this.#answerProbe(path, request, response);
    const encoding = requestEncoding(request);
    const { answer, ended } = await this.#answerTo(path, request);
    if (answer === undefined) {
      this.#counts.aborted += 1;
      response.destroy();
      return;
    }
    this.#count(answer);
    await sendAnswer(response, answer, {
      encoding: encoding ?? 'json',
      close: this.#draining || !ended,
    });
  }

  async #answerProbe(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    request.resume();
    const ready = !this.#draining && (this.#options.isReady?.() ?? true);
    const ok = path === '/healthz' || ready;
    response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' });
    await new Promise<void>((resolve) => {
      response.on('close', () => resolve());
      response.end(JSON.stringify({ status: ok ? 'ok' : 'unavailable' }));
    });
  }

  async #answerTo(path: string, request: IncomingMessage): Promise<Handled> {
    const routed = this.#route(path, request);
    const budget = createBudgetShare(this.#budget);
    try {
      const maxBytes = this.#limits.maxBodyBytes;
      const read = await readBody(request, { maxBytes, budget });
      if (read.kind === 'aborted') return { answer: undefined, ended: false };
      const ended = read.kind === 'complete' || read.ended;
      if (routed.kind === 'refused') return { answer: routed.answer, ended };
      if (read.kind !== 'complete') return { answer: this.#tooMuch(read.kind), ended };
      const coding = contentCoding(request.headers['content-encoding']) ?? 'identity';
      const whole = await decompress(read.body, { coding, maxBytes, budget });
      if (whole.kind === 'malformed') {
        return { answer: { kind: 'bad_request', message: whole.message }, ended };
      }
      if (whole.kind !== 'ok') return { answer: this.#tooMuch(whole.kind), ended };
      const encoding = requestEncoding(request) ?? 'json';
      return { answer: await this.#accept(routed.signal, encoding, whole.body), ended };
    } finally {
      budget.giveAll();
    }
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
    if (requestEncoding(request) === undefined) {
      const types = [...ENCODINGS.keys()].join(', ');
      const message = `Content-Type must be one of ${types}`;
      return refused({ kind: 'unsupported', message, header: ['accept-post', types] });
    }
    if (contentCoding(request.headers['content-encoding']) === undefined) {
      const message = `Content-Encoding must be one of ${SUPPORTED_CODINGS}`;
      const header = ['accept-encoding', SUPPORTED_CODINGS] as const;
      return refused({ kind: 'unsupported', message, header });
    }
    return this.#draining ? refused(shuttingDown()) : { kind: 'telemetry', signal };
  }

  async #accept(
    signal: OtlpSignal | 'metrics',
    encoding: AnswerEncoding,
    body: Uint8Array,
  ): Promise<Answer> {
    // The body may have taken its time.
    if (this.#draining) return shuttingDown();
    if (signal === 'metrics') {
      const reason = 'metrics are accepted but not kept; send them to your metrics backend';
      return { kind: 'success', signal, partial: { count: 0, reason } };
    }
    const receivedAt = (this.#options.now ?? Date.now)();
    try {
      const result = await this.#options.accept({ signal, encoding, body, receivedAt });
      if (result.kind !== 'accepted') return result;
      return { kind: 'success', signal, partial: result.rejected };
    } catch (error) {
      this.#logFailure(error, receivedAt);
      return unavailable('the request could not be stored; send it again later');
    }
  }

  #tooMuch(kind: 'too_large' | 'overloaded'): Answer {
    if (kind === 'overloaded') return unavailable('too many bytes are in flight; send again later');
    const message = `the body is larger than ${this.#limits.maxBodyBytes} bytes; send smaller batches`;
    return { kind: 'too_large', message };
  }

  #count(answer: Answer): void {
    if (answer.kind === 'success') this.#counts.accepted += 1;
    else if (answer.kind === 'unavailable') this.#counts.unavailable += 1;
    else this.#counts.refused += 1;
  }

  #logFailure(cause: unknown, at: number): void {
    if (at - this.#loggedAt < LOG_INTERVAL_MILLIS) return;
    this.#loggedAt = at;
    this.#options.log?.(
      'a received request could not be accepted and was answered with 503',
      cause,
    );
  }
}

function unavailable(message: string): Answer {
  return { kind: 'unavailable', message, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

function shuttingDown(): Answer {
  return unavailable('shutting down; send again later');
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
