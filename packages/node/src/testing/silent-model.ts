import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

/** A model that begins to answer, if at all, and never comes to its end. */
export interface SilentModel {
  /** Base URL for a provider, with `/v1`. */
  readonly url: string;
  readonly requests: () => number;
  /** Resolves when as many requests were asked of it. */
  readonly asked: (count: number) => Promise<void>;
  /** Resolves when the connection of a request was closed by who asked. */
  readonly hungUp: Promise<void>;
}

/** @param firstWord What it says before it falls silent, as a stream does. */
export async function startSilentModel(firstWord: boolean): Promise<SilentModel> {
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const hungUp = Promise.withResolvers<void>();
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      requests += 1;
      if (firstWord) begin(response);
      response.on('close', () => hungUp.resolve());
      for (const { count, resolve } of waiting) if (requests >= count) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: () => requests,
    asked: async (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        if (requests >= count) resolve();
      }),
    hungUp: hungUp.promise,
  };
}

function begin(response: ServerResponse): void {
  const delta = { role: 'assistant', content: 'Let me think' };
  const chunk = { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta }] };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}
