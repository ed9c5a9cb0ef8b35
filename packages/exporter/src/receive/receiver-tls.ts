import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';

/** TLS of a receiver; PEM texts. */
export interface ReceiverTls {
  readonly cert: string;
  readonly key: string;
  /** Only senders with a certificate from this authority get in. Absent: senders need none. */
  readonly clientCa?: string;
}

/** The same as Node's servers take it. */
export function serverTlsOptions({ cert, key, clientCa }: ReceiverTls): TlsOptions {
  const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true };
  return { cert, key, ...mutual, rejectUnauthorized: clientCa !== undefined };
}

/** A server on which a handshake may fail. */
interface HandshakingServer {
  on(event: 'tlsClientError', listener: (error: Error, socket: Socket) => void): unknown;
}

/** Tells of each sender that TLS has turned away: without a certificate, with a wrong one, or without TLS. */
export function onRefusedHandshake(
  server: HandshakingServer,
  tell: (remote: string) => void,
): void {
  server.on('tlsClientError', (_error, socket) => {
    tell(socket.remoteAddress ?? '');
    socket.destroy();
  });
}
