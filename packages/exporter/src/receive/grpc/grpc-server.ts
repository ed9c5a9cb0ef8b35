import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ExporterError } from '../../exporter-error.ts';
import type { OtlpSignal } from '../accept.ts';
import type { Answer } from '../answer.ts';
import { contentCoding, type ContentCoding } from '../decompress.ts';
import { REFUSED_BODY_BYTES, shuttingDown, type Intake } from '../intake.ts';
import { readBody } from '../read-body.ts';
import { onRefusedHandshake, serverTlsOptions, type ReceiverTls } from '../receiver-tls.ts';
import { GRPC_ENCODINGS, sendGrpcAnswer } from './grpc-answer.ts';
import { FRAME_HEAD_BYTES, parseFrame } from './grpc-frame.ts';

const METHODS: ReadonlyMap<string, OtlpSignal | 'metrics'> = new Map<
  string,
  OtlpSignal | 'metrics'
>([
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'traces'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
]);

/** What may be under way on one connection; with the default of 64 KiB each body would take many round trips. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * STREAM_WINDOW_BYTES;
const MAX_STREAMS_PER_CONNECTION = 128;

/** OTLP/gRPC: the `Export` calls of traces, logs and metrics, with the same intake as HTTP. */
export interface GrpcServer {
  /** Gives the URL. Rejects with `ExporterError` `receiver_listen` when the address cannot be had. */
  listen(address: { readonly host?: string; readonly port: number }): Promise<string>;
  /** Tells all connections to go away, takes no new ones; resolves when all are closed. */
  close(): Promise<void>;
  /** Ends what is still open. */
  cutOff(): void;
  /** Takes another certificate for connections to come. */
  renewTls(tls: ReceiverTls): void;
}

/** How a server for gRPC is reached. */
export interface GrpcServerOptions {
  readonly tls?: ReceiverTls | undefined;
  /** Told the address of each sender that TLS has turned away. */
  readonly onRefusedHandshake?: ((remote: string) => void) | undefined;
}

export function createGrpcServer(intake: Intake, options: GrpcServerOptions = {}): GrpcServer {
  return new Http2GrpcServer(intake, options);
}

/** What the head of a call says, or the answer to it. */
type Routed =
  | { readonly signal: OtlpSignal | 'metrics'; readonly coding: ContentCoding }
  | { readonly answer: Answer; /** Little of the message is read. */ readonly isStranger?: true };

/**
 * Unary calls on `node:http2`: five bytes in front of the message and trailers behind it are all that gRPC adds here.
 */
class Http2GrpcServer implements GrpcServer {
  readonly #intake: Intake;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #scheme: 'http' | 'https';
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(intake: Intake, { tls, onRefusedHandshake: tell }: GrpcServerOptions) {
    this.#intake = intake;
    this.#scheme = tls === undefined ? 'http' : 'https';
    const settings = {
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxConcurrentStreams: MAX_STREAMS_PER_CONNECTION,
    };
    this.#server =
      tls === undefined
        ? createServer({ settings })
        : createSecureServer({ settings, ...serverTlsOptions(tls) });
    if (tls !== undefined) onRefusedHandshake(this.#server, tell ?? ((): void => undefined));
    this.#server.on('session', (session) => this.#admit(session));
    this.#server.on('stream', (stream, headers) => {
      this.#intake.track(this.#handle(stream, headers));
    });
  }

  listen({ host = '127.0.0.1', port }: { host?: string; port: number }): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.on('error', (cause: NodeJS.ErrnoException) => {
        const message = `cannot listen for OTLP/gRPC on ${host}:${port} (${cause.code ?? cause.message}); choose another address, or stop what uses it`;
        reject(new ExporterError('receiver_listen', message, { cause }));
      });
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address() as AddressInfo;
        const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
        resolve(`${this.#scheme}://${name}:${address.port}`);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const session of this.#sessions) session.close();
    });
  }

  cutOff(): void {
    for (const session of this.#sessions) session.destroy();
  }

  renewTls(tls: ReceiverTls): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(serverTlsOptions(tls));
  }

  #admit(session: ServerHttp2Session): void {
    const { headersTimeoutMillis, keepAliveTimeoutMillis } = this.#intake.limits;
    this.#sessions.add(session);
    session.on('close', () => this.#sessions.delete(session));
    // A connection that is cut or speaks something else is closed by Node; there is nobody to tell.
    session.on('error', () => undefined);
    session.setTimeout(headersTimeoutMillis, () => session.close());
    session.once('stream', () => session.setTimeout(keepAliveTimeoutMillis));
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    if (this.#intake.isDraining()) session.close();
  }

  async #handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    // Its end is seen by `close`, which always follows.
    stream.on('error', () => undefined);
    const type = headers['content-type'] ?? '';
    if (!/^application\/grpc(?:$|\+proto$|;)/.test(type)) {
      stream.respond(
        { ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE },
        { endStream: true },
      );
      stream.close(constants.NGHTTP2_NO_ERROR);
      this.#intake.count({ kind: 'bad_request', message: 'no gRPC' });
      return;
    }
    // A stalled call is cancelled, which the Collector tries again; so is one whose sender does not take its answer.
    const timer = setTimeout(
      () => stream.close(constants.NGHTTP2_CANCEL),
      this.#intake.limits.requestTimeoutMillis,
    ).unref();
    try {
      const answer = await this.#answerTo(stream, await this.#routeOf(stream, headers));
      this.#intake.count(answer);
      if (answer === undefined) stream.close(constants.NGHTTP2_CANCEL);
      else await sendGrpcAnswer(stream, answer);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Who sends must be let in before the message is read. */
  async #routeOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Routed> {
    const routed = route(headers);
    if ('answer' in routed) return routed;
    const refusal = await this.#intake.authorize({
      authorization: headers.authorization,
      remote: stream.session?.socket.remoteAddress ?? '',
      method: 'POST',
      path: String(headers[':path']),
    });
    return refusal === undefined ? routed : { answer: refusal, isStranger: true };
  }

  async #answerTo(stream: ServerHttp2Stream, routed: Routed): Promise<Answer | undefined> {
    const budget = this.#intake.share();
    try {
      const isStranger = 'isStranger' in routed;
      const mostBytes = isStranger ? REFUSED_BODY_BYTES : this.#intake.limits.maxBodyBytes;
      const maxBytes = mostBytes + FRAME_HEAD_BYTES;
      const read = await readBody(stream, { announcedBytes: undefined, maxBytes, budget });
      // HTTP/2 tells a cut as an end too.
      if (read.kind === 'aborted' || stream.aborted || stream.rstCode !== 0) return undefined;
      if ('answer' in routed) return routed.answer;
      if (this.#intake.isDraining()) return shuttingDown();
      if (read.kind !== 'complete') return this.#intake.tooMuch(read.kind);
      const frame = parseFrame(read.body);
      if (!frame.ok) return { kind: 'bad_request', message: frame.problem };
      if (frame.compressed && routed.coding === 'identity') {
        return { kind: 'bad_request', message: 'a compressed message needs a grpc-encoding' };
      }
      return await this.#intake.take({
        signal: routed.signal,
        encoding: 'protobuf',
        coding: frame.compressed ? routed.coding : 'identity',
        body: frame.message,
        budget,
      });
    } finally {
      budget.giveAll();
    }
  }
}

function route(headers: IncomingHttpHeaders): Routed {
  const signal = METHODS.get(String(headers[':path']));
  if (signal === undefined) {
    const message = 'unknown method; OTLP/gRPC has Export of TraceService and LogsService';
    return { answer: { kind: 'not_found', message } };
  }
  const encoding = headers['grpc-encoding'];
  const coding = contentCoding(typeof encoding === 'string' ? encoding : undefined);
  if (coding === undefined) {
    const message = `grpc-encoding must be one of ${GRPC_ENCODINGS}`;
    return {
      answer: { kind: 'unsupported', message, header: ['accept-encoding', GRPC_ENCODINGS] },
    };
  }
  return { signal, coding };
}
