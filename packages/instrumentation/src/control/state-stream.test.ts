import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { createCompanionClient } from './http-client.ts';
import { openStateStream } from './state-stream.ts';

/** A server whose streams are in the test's hand, and a stream to it; what it tells comes one by one. */
async function start(onRequest: (response: ServerResponse, count: number) => void) {
  let count = 0;
  const server = createServer((_request, response) => onRequest(response, (count += 1)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const told: string[] = [];
  const heard = Promise.withResolvers<readonly string[]>();
  const close = openStateStream({
    client: createCompanionClient({ url: `http://127.0.0.1:${port}`, token: 't' }),
    path: () => '/stream',
    onEvent: ({ event, data }) => {
      told.push(`${event} ${data}`);
      if (data === 'last') heard.resolve(told);
    },
    onDown: (reason, status) => void told.push(`down: ${reason} ${status ?? ''}`.trim()),
    connectMillis: 1_000,
    silenceMillis: 200,
    maxBackoffMillis: 10,
    random: () => 0,
  });
  // The client's own sockets keep no process alive; the server's do, until the test ends.
  onTestFinished(async () => {
    close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { told: heard.promise };
}

const begin = (response: ServerResponse, data: string): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`event: state\ndata: ${data}\n\n`);
};

test('a stream that is half open, with nobody there any more, is given up and opened anew', async () => {
  const { told } = await start((response, count) =>
    begin(response, count === 1 ? 'first' : 'last'),
  );
  expect(await told).toEqual(['state first', 'down: nothing was heard for 200 ms', 'state last']);
});

test('a companion that takes the connection and says nothing is given up too', async () => {
  const { told } = await start((response, count) => {
    if (count > 1) begin(response, 'last');
  });
  expect(await told).toEqual(['down: nothing was heard for 1000 ms', 'state last']);
});

test('who is refused is told why, and tries again: a token may be put right', async () => {
  const { told } = await start((response, count) => {
    if (count === 1) response.writeHead(401, { 'content-type': 'application/json' }).end('{}');
    else begin(response, 'last');
  });
  expect(await told).toEqual(['down: it answered 401, application/json 401', 'state last']);
});

test('a stream whose token has ended is closed by the companion, and opened anew', async () => {
  const { told } = await start((response, count) => {
    begin(response, count === 1 ? 'first' : 'last');
    if (count === 1) response.end();
  });
  expect(await told).toEqual(['state first', 'down: the stream ended', 'state last']);
});
