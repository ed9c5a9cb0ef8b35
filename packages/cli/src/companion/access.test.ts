import { readFile } from 'node:fs/promises';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import path from 'node:path';

import { createControlClient, DEFAULT_RATE_LIMITS } from '@aftertrace/control';
import { expect, test } from 'vitest';

import { runningCompanion, TOKEN, type RunningCompanion } from './testing/running.ts';

const by = { actor: { id: 'root@example.com' }, reason: 'set-up' };

async function secretOf(
  { addresses }: RunningCompanion,
  role: 'ingest' | 'agent' | 'responder' | 'admin',
  identity?: string,
): Promise<string> {
  const client = createControlClient({ url: addresses.console, token: TOKEN });
  const who = identity === undefined ? {} : { identity };
  const issued = await client.createToken({ role, name: role, ...who, ...by });
  if (!issued.ok) throw new Error(issued.error.message);
  return issued.value.secret;
}

test('what is not the control plane has roles too, and what is refused there is in the audit log', async () => {
  const running = await runningCompanion();
  const status = async (
    method: 'GET' | 'POST',
    pathname: string,
    token?: string,
  ): Promise<number> => {
    const response = await (method === 'GET'
      ? running.get(pathname, token)
      : running.post(pathname, { by: 'x' }, token));
    await response.text();
    return response.status;
  };
  const [ingest, agent, responder, admin] = [
    await secretOf(running, 'ingest'),
    await secretOf(running, 'agent'),
    await secretOf(running, 'responder'),
    await secretOf(running, 'admin'),
  ];
  const told: Record<string, readonly number[]> = {};
  for (const [method, pathname] of [
    ['GET', '/healthz'],
    ['GET', '/metrics'],
    ['GET', '/incidents/v1'],
    ['POST', '/incidents/v1/inc_1/notes'],
    ['GET', '/data/v1/holds'],
    ['POST', '/data/v1/erase'],
    ['POST', '/data/v1/compact'],
    ['POST', '/data/v1/nothing'],
  ] as const) {
    const statuses: number[] = [];
    for (const token of [undefined, ingest, agent, responder, admin])
      statuses.push(await status(method, pathname, token));
    told[`${method} ${pathname}`] = statuses;
  }
  expect(told).toEqual({
    'GET /healthz': [200, 200, 200, 200, 200],
    'GET /metrics': [401, 200, 200, 403, 200],
    'GET /incidents/v1': [401, 403, 403, 200, 200],
    'POST /incidents/v1/inc_1/notes': [401, 403, 403, 400, 400],
    'GET /data/v1/holds': [401, 403, 403, 200, 200],
    'POST /data/v1/erase': [401, 403, 403, 403, 400],
    'POST /data/v1/compact': [401, 403, 403, 403, 400],
    'POST /data/v1/nothing': [401, 403, 403, 403, 404],
  });
  await running.companion.shutdown(2000);
  const log = await readFile(path.join(running.dataDir, 'audit.jsonl'), 'utf8');
  for (const cause of ['unauthorized', 'forbidden_role', 'http_400', 'http_404'])
    expect(log).toContain(`"cause":"${cause}"`);
  for (const secret of [TOKEN, ingest, agent, responder, admin]) expect(log).not.toContain(secret);
});

test('a token that is bound to a person moves no incident and erases nothing in another name', async () => {
  const running = await runningCompanion();
  const admin = await secretOf(running, 'admin', 'ana@example.com');
  const asked = async (pathname: string, body: unknown): Promise<string> => {
    const response = await running.post(pathname, body, admin);
    return `${response.status} ${await response.text()}`;
  };
  const subject = { kind: 'person', id: 'p' };
  const erase = (name: string) => ({ subject, reason: 'asked', by: name });
  expect(await asked('/data/v1/erase', erase('ben@example.com'))).toMatch(/^403 .*bound to ana/);
  expect(await asked('/data/v1/erase', erase('ana@example.com'))).toMatch(/^200/);
  const note = (id: string) => ({ actor: { id }, text: 'looking' });
  const notes = '/incidents/v1/inc_1/notes';
  expect(await asked(notes, note('ben@example.com'))).toMatch(/^403 .*bound to ana/);
  expect(await asked(notes, note('ana@example.com'))).toMatch(/^404/);
});

test('telemetry needs a token where one is asked for, and nothing but ingest lets it in', async () => {
  const rate = { perSecond: 1_000, burst: 1_000 };
  const rateLimits = { agent: rate, people: rate, stop: rate };
  const running = await runningCompanion({
    access: { otlpToken: true, separateDuties: false, rateLimits },
  });
  const send = async (token?: string, body = '{"resourceSpans":[]}'): Promise<number> => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${running.addresses.otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body,
    });
    await response.text();
    return response.status;
  };
  expect(await send()).toBe(401);
  expect(await send('wrong')).toBe(401);
  // More than is read of a stranger's body.
  expect(await send('wrong', `"${'x'.repeat(100_000)}"`)).toBe(401);
  expect(await send(await secretOf(running, 'responder'))).toBe(403);
  expect(await send(await secretOf(running, 'ingest'))).toBe(200);
  expect(await send(await secretOf(running, 'agent'))).toBe(200);
  expect(await send(TOKEN)).toBe(200);
  expect((await fetch(`${running.addresses.otlp}/healthz`)).status).toBe(200);
});

/** The status of an empty call of OTLP/gRPC, as its trailers say. */
function exportStatus(url: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connect(url);
    session.on('error', reject);
    const call = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
    });
    const settle = ({ 'grpc-status': status }: IncomingHttpHeaders): void => {
      if (typeof status !== 'string') return;
      session.close();
      resolve(status);
    };
    call.on('response', settle).on('trailers', settle).on('error', reject);
    call.end(Buffer.alloc(5)); // An empty message.
    call.resume();
  });
}

test('a sender whose token has ended is told to come again, by both protocols; a stranger is refused', async () => {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const running = await runningCompanion({
    listen: { otlp: anyPort, otlpGrpc: anyPort, console: anyPort },
    access: { otlpToken: true, separateDuties: false, rateLimits: DEFAULT_RATE_LIMITS },
  });
  const client = createControlClient({ url: running.addresses.console, token: TOKEN });
  const issued = await client.createToken({ role: 'ingest', name: 'collector', ...by });
  if (!issued.ok) throw new Error(issued.error.message);
  const { secret, token } = issued.value;
  const rotated = await client.rotateToken(token.id, by);
  if (!rotated.ok) throw new Error(rotated.error.message);
  const send = (bearer: string): Promise<Response> =>
    fetch(`${running.addresses.otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: '{"resourceSpans":[]}',
    });
  const ended = await send(secret);
  expect([ended.status, ended.headers.get('retry-after')]).toEqual([503, '30']);
  expect(await ended.text()).toContain(`The token ${token.id} has a new secret`);
  expect((await send('never-known')).status).toBe(401);
  expect((await send(rotated.value.secret)).status).toBe(200);
  const grpc = running.addresses.otlpGrpc ?? '';
  expect(await exportStatus(grpc, secret)).toBe('14');
  expect(await exportStatus(grpc, 'never-known')).toBe('16');
  expect(await exportStatus(grpc, rotated.value.secret)).toBe('0');
  // Everywhere else it is what it was.
  expect((await running.get('/metrics', secret)).status).toBe(401);
  await running.companion.shutdown(2000);
  const log = await readFile(path.join(running.dataDir, 'audit.jsonl'), 'utf8');
  expect(log).toContain('"cause":"token_rotated"');
});
