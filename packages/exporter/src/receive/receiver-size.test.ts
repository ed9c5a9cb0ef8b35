import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { held, closeAll, listening } from './testing/listening.ts';
import { rawConnection, send, statusOf } from './testing/otlp-sender.ts';

const BODY = Buffer.from('not decoded here, any bytes will do');
const MIB = 1024 * 1024;

afterEach(closeAll);

describe('size', () => {
  const limits = { maxBodyBytes: MIB };

  test('a body at the limit is taken, one byte more is 413', async () => {
    const { accepted, url } = await listening({ limits });
    expect((await send(`${url}/v1/traces`, Buffer.alloc(MIB))).status).toBe(200);
    for (const chunked of [true, false]) {
      const answer = await send(`${url}/v1/traces`, Buffer.alloc(MIB + 1), { chunked });
      expect(answer.status).toBe(413);
      expect(statusOf(answer)).toMatchObject({
        code: 8,
        message: expect.stringMatching(/1048576 bytes/),
      });
    }
    expect(accepted).toHaveLength(1);
  });

  test('a sender that announces far too much is answered and closed without reading it all', async () => {
    const { port } = await listening({ limits: { maxBodyBytes: 1000 } });
    const { socket, closed } = rawConnection(port);
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 99999999\r\n\r\n',
    );
    socket.write(Buffer.alloc(5000));
    const received = await closed;
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toMatch(/connection: close/i);
  });

  test.each([
    ['gzip', gzipSync(Buffer.alloc(MIB))],
    ['zstd', zstdCompressSync(Buffer.alloc(MIB))],
    ['deflate', deflateSync(Buffer.alloc(MIB))],
  ])('%s: exactly the limit is taken, and a bomb stops at it (10)', async (coding, exact) => {
    const { accepted, url } = await listening({ limits });
    const headers = { 'content-encoding': coding };
    expect((await send(`${url}/v1/traces`, exact, { headers })).status).toBe(200);
    expect(accepted[0]?.body).toHaveLength(MIB);
    const compress = { gzip: gzipSync, zstd: zstdCompressSync, deflate: deflateSync };
    const bomb = compress[coding as 'gzip'](Buffer.alloc(600 * MIB));
    expect(bomb.length).toBeLessThan(MIB);
    const before = process.memoryUsage().rss;
    const answer = await send(`${url}/v1/traces`, bomb, { headers });
    expect(answer.status).toBe(413);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
    expect(accepted).toHaveLength(1);
  });

  const [one, two] = [Buffer.from('first'), Buffer.from('second')];
  test.each([
    ['gzip members', 'gzip', [gzipSync(one), gzipSync(two)]],
    ['zstd frames', 'zstd', [zstdCompressSync(one), zstdCompressSync(two)]],
    [
      'zstd frames with a skippable one between',
      'zstd',
      [zstdCompressSync(one), Buffer.from('502a4d1803000000616263', 'hex'), zstdCompressSync(two)],
    ],
  ])('several %s are one body (11)', async (_name, coding, parts) => {
    const { accepted, url } = await listening();
    const headers = { 'content-encoding': coding };
    await send(`${url}/v1/traces`, Buffer.concat(parts), { headers });
    expect(accepted.map(({ body }) => Buffer.from(body).toString())).toEqual(['firstsecond']);
  });

  const long = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * index) % 251));
  const [gzip, zstd, deflate] = [gzipSync(long), zstdCompressSync(long), deflateSync(long)];
  test.each([
    ['a gzip body cut off', 'gzip', gzip.subarray(0, -5)],
    ['a gzip body with garbage behind it', 'gzip', Buffer.concat([gzip, Buffer.from('garbage')])],
    ['an empty gzip body', 'gzip', Buffer.alloc(0)],
    ['a zstd body cut off', 'zstd', zstd.subarray(0, -5)],
    ['a zstd body cut off in its header', 'zstd', zstd.subarray(0, 6)],
    ['a zstd body with garbage behind it', 'zstd', Buffer.concat([zstd, Buffer.from('garbage!!')])],
    ['an empty zstd body', 'zstd', Buffer.alloc(0)],
    ['a deflate body cut off', 'deflate', deflate.subarray(0, -5)],
    ['a body that is not compressed at all', 'gzip', BODY],
  ])('%s is refused with 400 (11)', async (_name, coding, body) => {
    const { accepted, url } = await listening();
    const headers = { 'content-encoding': coding };
    const answer = await send(`${url}/v1/traces`, body, { headers });
    expect(answer.status).toBe(400);
    expect(statusOf(answer)).toMatchObject({
      code: 3,
      message: expect.stringMatching(/is not valid/),
    });
    expect(accepted).toEqual([]);
  });

  test('more bytes than may be in flight together are refused with 503, and counted', async () => {
    const { accept, letGo, inAccept } = held();
    const { url, receiver } = await listening({ accept, limits: { maxInFlightBytes: 100 } });
    const first = send(`${url}/v1/traces`, Buffer.alloc(80));
    await inAccept;
    const second = await send(`${url}/v1/traces`, Buffer.alloc(30));
    expect(second.status).toBe(503);
    letGo();
    expect((await first).status).toBe(200);
    expect(receiver.stats()).toMatchObject({ accepted: 1, unavailable: 1, bytesInFlight: 0 });
    expect((await send(`${url}/v1/traces`, Buffer.alloc(80))).status).toBe(200);
  });
});
