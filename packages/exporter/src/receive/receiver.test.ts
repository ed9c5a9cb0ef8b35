import { once } from 'node:events';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { createOtlpReceiver } from './receiver.ts';
import { answering, closeAll, held, listening } from './testing/listening.ts';
import { partialSuccessOf, rawConnection, send, statusOf } from './testing/otlp-sender.ts';

const BODY = Buffer.from('not decoded here, any bytes will do');
afterEach(closeAll);

const JSON_TYPE = { 'content-type': 'application/json' };

const compressions = [
  ['identity', BODY],
  ['gzip', gzipSync(BODY)],
  ['x-gzip', gzipSync(BODY)],
  ['zstd', zstdCompressSync(BODY)],
  ['deflate', deflateSync(BODY)],
  ['deflate', deflateRawSync(BODY)],
  ['GZIP', gzipSync(BODY)],
] as const;

describe('transport', () => {
  const cases = (['traces', 'logs'] as const).flatMap((signal) =>
    (['protobuf', 'json'] as const).flatMap((encoding) =>
      compressions.map(([coding, body]) => ({ signal, encoding, coding, body })),
    ),
  );
  test.each(cases)(
    '$signal as $encoding in $coding arrive whole and are answered with an empty success (1, 2, 24)',
    async ({ signal, encoding, coding, body }) => {
      const { accepted, url, receiver } = await listening();
      const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
      const answer = await send(`${url}/v1/${signal}`, body, {
        headers: { 'content-type': type, 'content-encoding': coding },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe(type);
      expect(answer.body.toString()).toBe(encoding === 'json' ? '{}' : '');
      expect(accepted).toEqual([{ signal, encoding, body: BODY, receivedAt: 1234 }]);
      expect(receiver.stats()).toMatchObject({ accepted: 1, bytesInFlight: 0 });
    },
  );

  test('metrics are accepted and ignored, with a warning (1)', async () => {
    const { accepted, url } = await listening();
    const answer = await send(`${url}/v1/metrics`, BODY);
    expect(answer.status).toBe(200);
    expect(partialSuccessOf(answer)).toEqual({ errorMessage: expect.stringContaining('not kept') });
    expect(accepted).toEqual([]);
  });

  test.each(['snappy', 'br', 'gzip, gzip'])(
    'content encoding %s is refused with 415 and what would do (2)',
    async (coding) => {
      const { accepted, url } = await listening();
      const answer = await send(`${url}/v1/traces`, BODY, {
        headers: { 'content-encoding': coding },
      });
      expect(answer.status).toBe(415);
      expect(answer.headers['accept-encoding']).toBe('gzip, zstd, deflate, identity');
      expect(statusOf(answer)).toMatchObject({
        code: 3,
        message: expect.stringMatching(/Content-Encoding/),
      });
      expect(accepted).toEqual([]);
    },
  );

  test('parameters of the content type are accepted, and not sent back (3)', async () => {
    const { accepted, url } = await listening();
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    const answer = await send(`${url}/v1/logs`, '{}', { headers });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(accepted[0]).toMatchObject({ signal: 'logs', encoding: 'json' });
  });

  test.each([
    { name: 'PUT', method: 'PUT', status: 405, code: 12 },
    { name: 'GET', method: 'GET', status: 405, code: 12 },
    { name: 'a wrong type', headers: { 'content-type': 'text/plain' }, status: 415, code: 3 },
    { name: 'an unknown path', path: '/v1/profiles', status: 404, code: 5 },
    { name: 'a path below', path: '/v1/traces/', status: 404, code: 5 },
  ])('$name is refused (4, 26)', async ({ path = '/v1/traces', status, code, ...options }) => {
    const { accepted, url } = await listening();
    const answer = await send(`${url}${path}`, BODY, options);
    expect(answer.status).toBe(status);
    const isJson = answer.headers['content-type'] === 'application/json';
    const read: unknown = isJson ? JSON.parse(answer.body.toString()) : statusOf(answer);
    expect(read).toMatchObject({ code, message: expect.stringMatching(/./) });
    expect(answer.headers['allow']).toBe(status === 405 ? 'POST' : undefined);
    expect(accepted).toEqual([]);
  });

  test('a chunked body without a length arrives whole (5)', async () => {
    const { accepted, url } = await listening();
    expect((await send(`${url}/v1/traces`, BODY, { chunked: true })).status).toBe(200);
    expect(accepted[0]?.body).toEqual(BODY);
  });

  test('a sender that expects 100-continue gets it (6)', async () => {
    const { accepted, port } = await listening();
    const { socket, closed } = rawConnection(port);
    socket.write(
      `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${BODY.length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
    await once(socket, 'data');
    socket.write(BODY);
    const received = await closed;
    expect(received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(accepted).toHaveLength(1);
  });

  test('connections that come and go for each request are served (7)', async () => {
    const { accepted, url } = await listening();
    const agent = new Agent({ keepAlive: false });
    const answers = Array.from({ length: 50 }, () => send(`${url}/v1/traces`, BODY, { agent }));
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(
      new Set([200]),
    );
    expect(accepted).toHaveLength(50);
  });

  test('idle connections are kept longer than the 90 s of the Collector (8)', async () => {
    const { url } = await listening();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await send(`${url}/v1/traces`, BODY, { agent });
    expect(first.headers['keep-alive']).toBe('timeout=120');
    expect((await send(`${url}/v1/traces`, BODY, { agent })).status).toBe(200);
    agent.destroy();
  });

  test('a body that is cut off is not ingested (9)', async () => {
    const { accepted, port, receiver } = await listening();
    const { socket, closed } = rawConnection(port);
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nhalf',
      () => socket.destroy(),
    );
    await closed;
    await expect
      .poll(() => receiver.stats(), { interval: 1 })
      .toMatchObject({ aborted: 1, bytesInFlight: 0 });
    expect(accepted).toEqual([]);
  });

  test.each([
    ['headers', 'POST /v1/traces HTTP/1.1\r\nHost: x\r\n'],
    [
      'body',
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ],
  ])('a sender that stalls in its %s is cut off without an answer (9)', async (_name, text) => {
    const { accepted, port } = await listening({ limits: { requestTimeoutMillis: 50 } });
    const { socket, closed } = rawConnection(port);
    socket.write(text);
    expect(await closed).toBe('');
    expect(accepted).toEqual([]);
  });

  test('what is not HTTP gets 400 and is closed', async () => {
    const { port } = await listening();
    const { socket, closed } = rawConnection(port);
    socket.write('\u0016\u0003\u0001 hello\r\n\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('answers', () => {
  test.each([
    ['traces', 'rejectedSpans'],
    ['logs', 'rejectedLogRecords'],
  ])('partial success of %s is told in both encodings (25)', async (signal, field) => {
    const rejected = { count: 300, reason: 'bad trace id' };
    const { url } = await listening(answering({ kind: 'accepted', rejected }));
    const answer = await send(`${url}/v1/${signal}`, BODY);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/x-protobuf');
    expect(partialSuccessOf(answer)).toEqual({ rejected: 300, errorMessage: 'bad trace id' });
    const json = await send(`${url}/v1/${signal}`, '{}', { headers: JSON_TYPE });
    expect(JSON.parse(json.body.toString())).toEqual({
      partialSuccess: { [field]: '300', errorMessage: 'bad trace id' },
    });
  });

  test('a bad request is a Status with a BadRequest in both encodings (26)', async () => {
    const message = `field x at byte 3 ${'…'.repeat(5000)}`;
    const { url } = await listening(answering({ kind: 'bad_request', message }));
    const answer = await send(`${url}/v1/traces`, BODY);
    expect(answer.status).toBe(400);
    const status = statusOf(answer);
    expect(status.code).toBe(3);
    expect(status.message).toBe(message.slice(0, 1024));
    expect(status.details?.[0]?.typeUrl).toBe('type.googleapis.com/google.rpc.BadRequest');
    const json = await send(`${url}/v1/traces`, '{}', { headers: JSON_TYPE });
    expect(json.headers['content-type']).toBe('application/json');
    expect(JSON.parse(json.body.toString())).toMatchObject({
      code: 3,
      details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest' }],
    });
  });

  test.each([
    [3, '3'],
    [0.2, '1'],
    [1.5, '2'],
  ])(
    'unavailable for %d s is 503 with a whole Retry-After of %s (27, 28)',
    async (seconds, header) => {
      const result = {
        kind: 'unavailable',
        retryAfterSeconds: seconds,
        message: 'disk full',
      } as const;
      const { url } = await listening(answering(result));
      const answer = await send(`${url}/v1/traces`, BODY);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe(header);
      expect(statusOf(answer)).toMatchObject({ code: 14, message: 'disk full' });
    },
  );

  test('a failure of ours is 503 and never 500, says nothing of itself, and is logged once a minute (27)', async () => {
    const logged: unknown[] = [];
    let time = 0;
    const { url, receiver } = await listening({
      accept: () => Promise.reject(new Error('secret path')),
      now: () => time,
      log: (_message, cause) => logged.push(cause),
    });
    for (time of [0, 59_999, 60_000]) {
      const answer = await send(`${url}/v1/traces`, BODY);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.body.toString()).not.toContain('secret');
    }
    expect(logged).toHaveLength(2);
    expect(receiver.stats().unavailable).toBe(3);
  });
});

describe('lifecycle', () => {
  test('a shutdown answers 503 to new requests, finishes those in accept, then closes (29)', async () => {
    const { accept, letGo, inAccept } = held();
    const { url, port, receiver } = await listening({ accept });
    const first = send(`${url}/v1/traces`, BODY);
    await inAccept;
    const closing = receiver.shutdown(60_000);
    const during = await send(`${url}/v1/traces`, BODY);
    expect(during.status).toBe(503);
    expect(during.headers['retry-after']).toBe('1');
    expect(during.headers['connection']).toBe('close');
    expect((await send(`${url}/readyz`, '', { method: 'GET' })).status).toBe(503);
    expect((await send(`${url}/healthz`, '', { method: 'GET' })).status).toBe(200);
    letGo();
    expect((await first).status).toBe(200);
    await closing;
    const { closed } = rawConnection(port);
    expect(await closed).toBe('');
  });

  test('a request whose body was still coming when the shutdown began is answered 503 (29)', async () => {
    const { accepted, port, receiver } = await listening();
    const { socket, closed } = rawConnection(port);
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 8\r\n\r\nhalf',
    );
    await expect.poll(() => receiver.stats().bytesInFlight, { interval: 1 }).toBe(4);
    const closing = receiver.shutdown(60_000);
    socket.write('half');
    expect(await closed).toMatch(/^HTTP\/1\.1 503 /);
    await closing;
    expect(accepted).toEqual([]);
  });

  test('what is not done at the deadline is cut off', async () => {
    const { accept, letGo, inAccept } = held();
    const { url, receiver } = await listening({ accept });
    const first = send(`${url}/v1/traces`, BODY);
    await inAccept;
    const [outcome] = await Promise.allSettled([first, receiver.shutdown(20)]);
    expect(outcome.status).toBe('rejected');
    letGo();
  });

  test('a shutdown before the start, and a second one, do nothing', async () => {
    const receiver = createOtlpReceiver({ port: 0, accept: () => Promise.reject(new Error('x')) });
    await receiver.shutdown(1);
    await receiver.shutdown(1);
  });

  test('a port that is taken is a clear error', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as { port: number };
    const receiver = createOtlpReceiver({ port, accept: () => Promise.reject(new Error('x')) });
    await expect(receiver.start()).rejects.toMatchObject({
      code: 'receiver_listen',
      message: `cannot listen for OTLP on 127.0.0.1:${port} (EADDRINUSE); choose another address, or stop what uses it`,
    });
    await receiver.shutdown(1);
    squatter.close();
  });

  test('the probes tell whether we are alive and ready', async () => {
    let ready = true;
    const { url } = await listening({ isReady: () => ready });
    const probe = async (path: string): Promise<number> =>
      (await send(`${url}${path}`, '', { method: 'GET' })).status;
    expect([await probe('/healthz'), await probe('/readyz')]).toEqual([200, 200]);
    ready = false;
    expect([await probe('/healthz'), await probe('/readyz')]).toEqual([200, 503]);
  });
});
