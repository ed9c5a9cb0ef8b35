import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import type protobufjs from 'protobufjs';

const protobuf = createRequire(import.meta.url)('protobufjs') as typeof protobufjs;

/** What the clients read, for an independent implementation. */
const MESSAGES = protobuf.Root.fromJSON({
  nested: {
    Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
    Status: {
      fields: {
        code: { type: 'int32', id: 1 },
        message: { type: 'string', id: 2 },
        details: { rule: 'repeated', type: 'Any', id: 3 },
      },
    },
    PartialSuccess: {
      fields: { rejected: { type: 'int32', id: 1 }, errorMessage: { type: 'string', id: 2 } },
    },
    Response: { fields: { partialSuccess: { type: 'PartialSuccess', id: 1 } } },
  },
});

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly agent?: Agent;
  /** Sent in pieces without a `Content-Length`. */
  readonly chunked?: boolean;
}

/** Sends one request and reads the whole answer. */
export function send(
  url: string,
  body: Uint8Array | string,
  { headers = {}, method = 'POST', agent, chunked = false }: PostOptions = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method,
        agent,
        headers: {
          'content-type': 'application/x-protobuf',
          ...(chunked ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    if (chunked) {
      const bytes = Buffer.from(body);
      for (let at = 0; at < bytes.length; at += 7) outgoing.write(bytes.subarray(at, at + 7));
      outgoing.end();
    } else outgoing.end(body);
  });
}

/** A `google.rpc.Status` in protobuf. */
export function statusOf({ body }: Answered): {
  readonly code: number;
  readonly message: string;
  readonly details?: readonly { readonly typeUrl: string }[];
} {
  const type = MESSAGES.lookupType('Status');
  return type.toObject(type.decode(body)) as ReturnType<typeof statusOf>;
}

/** The `partial_success` of an `Export*ServiceResponse` in protobuf. */
export function partialSuccessOf({ body }: Answered): unknown {
  const type = MESSAGES.lookupType('Response');
  return type.toObject(type.decode(body))['partialSuccess'] as unknown;
}

/** A connection that speaks whatever it is told, and what came back until it was closed. */
export function rawConnection(port: number): {
  readonly socket: Socket;
  readonly closed: Promise<string>;
} {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
  return { socket, closed };
}
