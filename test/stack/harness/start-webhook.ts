import { createServer } from 'node:http';

/** With what the companion signs; the receiver of these tests takes everything. */
export const WEBHOOK_SECRET = 'whsec_c3RhY2stc3VpdGVzLXdlYmhvb2stc2VjcmV0LTMyYg==';

/** One notice of the companion. */
export interface Notice {
  /** Milliseconds since the Unix epoch at which it was here in full. */
  readonly atMillis: number;
  readonly body: string;
}

/** Somebody who is told about incidents. */
export interface Webhook {
  readonly url: string;
  readonly notices: readonly Notice[];
  readonly stop: () => void;
}

export async function startWebhook(): Promise<Webhook> {
  const notices: Notice[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const atMillis = performance.timeOrigin + performance.now();
      notices.push({ atMillis, body: Buffer.concat(chunks).toString() });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/incidents`,
    notices,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
