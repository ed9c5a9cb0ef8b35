import { request as httpRequest } from 'node:http';

import { ControlPath } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createControlClient } from '../client/create-control-client.ts';
import { startCompanion, TOKEN, type TestCompanion } from '../testing/companion.ts';

/** A request with headers that fetch does not let one set. */
async function raw(
  companion: TestCompanion,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(companion.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, path: ControlPath.STATE, headers },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const allPaths = Object.values(ControlPath);

test.each(allPaths)('%s is closed without the token and with a wrong one', async (path) => {
  const companion = await startCompanion();
  for (const headers of [
    { authorization: '' },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: TOKEN },
  ]) {
    const response = await companion.request(path, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.text()).not.toContain(TOKEN);
  }
});

test('refused requests are written down, a flood of them as a count', async () => {
  const companion = await startCompanion();
  for (let n = 0; n < 50; n += 1) {
    await companion.request(`${ControlPath.STATE}?n=${n}`, {
      headers: { authorization: 'Bearer no' },
    });
  }
  expect(await companion.audit('access.refused')).toHaveLength(2);
  companion.clock.advance(10_000);
  await companion.plane.shutdown();
  const entries = await companion.audit('access.refused');
  expect(entries.map(({ data }) => data)).toMatchObject([
    { cause: 'unauthorized', method: 'GET', path: ControlPath.STATE, suppressed: 0 },
    { cause: 'rate_limited', method: 'GET', path: ControlPath.STATE, suppressed: 0 },
    { cause: 'unauthorized', suppressed: 18 },
    { cause: 'rate_limited', suppressed: 28 },
  ]);
  expect(JSON.stringify(entries)).not.toContain('Bearer');
});

test.each([
  ['a name that was rebound to loopback', { host: 'evil.example' }, 403, 'forbidden_host'],
  ['a page of another site', { origin: 'https://evil.example' }, 403, 'forbidden_origin'],
  ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403, 'forbidden_origin'],
  ['a sandboxed page', { origin: 'null' }, 403, 'forbidden_origin'],
  ['a form of another site', { 'sec-fetch-site': 'cross-site' }, 403, 'forbidden_origin'],
])('%s is refused even with the token', async (_name, headers, status, code) => {
  const companion = await startCompanion();
  const answer = await raw(companion, { authorization: `Bearer ${TOKEN}`, ...headers });
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(code);
  expect(await companion.audit('access.refused')).toMatchObject([{ data: { cause: code } }]);
});

test('the companion answers to its own names and its own pages', async () => {
  const companion = await startCompanion();
  const { host, port } = new URL(companion.url);
  const authorization = `Bearer ${TOKEN}`;
  for (const headers of [
    { host: `LOCALHOST:${port}` },
    { host: `[::1]:${port}` },
    { origin: `http://${host}` },
  ]) {
    expect((await raw(companion, { authorization, ...headers })).status).toBe(200);
  }
});

test('what is no path, no method, no JSON or too much is refused without a stack', async () => {
  const companion = await startCompanion();
  const path = ControlPath.CONTAINMENTS;
  const type = { 'content-type': 'application/json' };
  const deep = '['.repeat(5_000) + ']'.repeat(5_000);
  const cases: [string, RequestInit, number][] = [
    ['/control/v1/nothing', {}, 404],
    [`${path}/a/b/c`, {}, 404],
    [`${path}/%E0%A4%A`, {}, 404],
    [`${path}/ctn_none`, {}, 404],
    [path, { method: 'DELETE' }, 405],
    [path, { method: 'PATCH' }, 405],
    [path, { method: 'POST', body: '{}' }, 415],
    [path, { method: 'POST', body: '{"kind":', headers: type }, 400],
    [path, { method: 'POST', body: deep, headers: type }, 400],
    [path, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1), headers: type }, 413],
  ];
  for (const [target, init, status] of cases) {
    const response = await companion.request(target, init);
    const body = await response.text();
    expect([target, init.method, response.status]).toEqual([target, init.method, status]);
    expect(body).not.toMatch(/\.ts:\d|node_modules|at async/);
    expect(JSON.parse(body)).toMatchObject({ error: { code: expect.any(String) as unknown } });
  }
  expect((await companion.request(path)).status).toBe(200);
});

test('a body that grows beyond the limit without saying so is refused', async () => {
  const companion = await startCompanion();
  const chunk = new TextEncoder().encode('x'.repeat(64 * 1024));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 1;
      if (sent > 20) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    duplex: 'half',
  };
  const response = await companion.request(ControlPath.ACKS, init as RequestInit);
  expect(response.status).toBe(413);
});

test('other paths are left to others, who may use the same gate', async () => {
  const companion = await startCompanion();
  expect((await companion.request('/')).status).toBe(418);
  const denied = await companion.request('/', { headers: { authorization: 'Bearer no' } });
  expect(denied.status).toBe(401);
  expect(await companion.audit('access.refused')).toMatchObject([{ data: { path: '/' } }]);
});

test('the client says in words that nobody answers, that somebody else does, and that the token is wrong', async () => {
  const companion = await startCompanion();
  const wrong = createControlClient({ url: companion.url, token: 'nope' });
  expect(await wrong.instances()).toMatchObject({
    error: {
      code: 'unauthorized',
      message: expect.stringContaining('AFTERTRACE_TOKEN') as unknown,
    },
  });
  const stranger = createControlClient({ url: `${companion.url}/elsewhere`, token: TOKEN });
  expect(await stranger.instances()).toMatchObject({ error: { code: 'bad_answer' } });
  await companion.stop();
  expect(await companion.client.containments()).toMatchObject({
    error: { code: 'unreachable', message: expect.stringContaining('aftertrace serve') as unknown },
  });
});
