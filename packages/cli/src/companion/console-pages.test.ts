import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';

import { createControlClient } from '@aftertrace/control';
import { expect, test } from 'vitest';

import { foreignRun, runningCompanion, sendTraces, TOKEN } from './testing/running.ts';

const TRACE = 'a'.repeat(32);
const by = { actor: { id: 'root@example.com' }, reason: 'set-up' };

function basic(token: string, user = 'anybody'): string {
  return `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Asks as a browser does: `fetch` sets headers of its own. */
function ask(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on('error', reject).end();
  });
}

/** A companion with the run of an agent whose texts are hostile, and the incident that it opened. */
async function withHostileRun() {
  const running = await runningCompanion();
  const { console: base, otlp } = running.addresses;
  const conversation = '<script>alert(1)</script>\u202Egnp.exe';
  for (const trace of ['a', 'b', 'c', 'd', 'e'])
    await sendTraces(otlp, foreignRun({ trace, conversation, user: '"><img src=x>' }));
  await running.companion.pipeline.flush({ all: true });
  await running.companion.incidents.flush();
  const client = createControlClient({ url: base, token: TOKEN });
  const secretOf = async (role: 'agent' | 'responder'): Promise<string> => {
    const issued = await client.createToken({ role, name: role, ...by });
    if (!issued.ok) throw new Error(issued.error.message);
    return issued.value.secret;
  };
  return { ...running, base, secretOf };
}

test('a browser finds the page of a run by its trace, and from there the incident', async () => {
  const { base, secretOf } = await withHostileRun();
  const authorization = basic(await secretOf('responder'));
  const traced = await ask(`${base}/trajectories?trace=${TRACE}`, { authorization });
  expect(traced).toMatchObject({ status: 302, body: '' });
  const run = await ask(`${base}${String(traced.headers['location'])}`, { authorization });
  expect(run.status).toBe(200);
  expect(run.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': expect.stringMatching(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    ) as string,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  expect(run.body).toContain('card declined');
  expect(run.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩gnp.exe');
  expect(run.body).not.toMatch(/<script|<img|\u202E/);
  const [, toIncident = ''] = /href="(\/incidents\/[^"]+)"/.exec(run.body) ?? [];
  const incident = await ask(`${base}${toIncident}`, { authorization });
  expect(incident.status).toBe(200);
  expect(incident.body).toContain(String(traced.headers['location']));
  expect(incident.body).toContain('refund');
  const listOf = async (query: string): Promise<string> =>
    (await ask(`${base}/incidents${query}`, { authorization })).body;
  expect(await listOf('?agent=py&tool=refund')).toContain(toIncident);
  expect(await listOf('?tool=other')).not.toContain(toIncident);
});

test('who shows no token is asked for one, and who shows the wrong one gets nothing', async () => {
  const { base, secretOf, companion, dataDir } = await withHostileRun();
  const agent = await secretOf('agent');
  const page = `${base}/trajectories?trace=${TRACE}`;
  const nobody = await ask(page);
  expect(nobody.status).toBe(401);
  expect(nobody.headers['www-authenticate']).toMatch(/^Basic realm="[^"]+", charset="UTF-8"$/);
  expect(nobody.body).toContain('<h1>');
  expect(nobody.body).toContain('the password is a token');
  const statusFor = async (authorization: string): Promise<number> =>
    (await ask(page, { authorization })).status;
  expect(await statusFor(basic('wrong'))).toBe(401);
  expect(await statusFor(`Basic ${Buffer.from(TOKEN).toString('base64')}`)).toBe(401);
  expect(await statusFor(basic(agent))).toBe(403);
  expect(await statusFor(`Bearer ${TOKEN}`)).toBe(302);
  expect(await statusFor(basic(TOKEN, ''))).toBe(302);
  // A token in an address would stand in histories and logs: it is none there.
  expect((await ask(`${page}&token=${TOKEN}`)).status).toBe(401);
  await companion.shutdown(2000);
  const log = await readFile(path.join(dataDir, 'audit.jsonl'), 'utf8');
  expect(log).toContain('"cause":"forbidden_role","method":"GET","path":"/trajectories"');
  for (const secret of [agent, TOKEN, basic(agent), basic(TOKEN)])
    expect(log).not.toContain(secret);
});

test('a password is taken for pages only: what a browser knows changes nothing', async () => {
  const { base, post } = await withHostileRun();
  const authorization = basic(TOKEN);
  const statusOf = async (pathname: string, method = 'GET'): Promise<number> =>
    (await ask(`${base}${pathname}`, { authorization }, method)).status;
  expect(await statusOf('/incidents/v1')).toBe(401);
  expect(await statusOf('/control/v1/containments')).toBe(401);
  expect(await statusOf('/data/v1/holds')).toBe(401);
  expect(await statusOf('/metrics')).toBe(401);
  expect(await statusOf('/incidents/v1/inc_1/notes', 'POST')).toBe(401);
  expect(await statusOf('/trajectories/traj_1', 'POST')).toBe(405);
  expect(await statusOf('/incidents/inc_1', 'DELETE')).toBe(405);
  expect((await post('/trajectories/traj_1', {}, TOKEN)).status).toBe(405);
  expect(await statusOf('/trajectories/traj_1', 'HEAD')).toBe(404);
});

test('links of other sites lead to pages, and nothing else of theirs does', async () => {
  const { base } = await withHostileRun();
  const page = `${base}/trajectories?trace=${TRACE}`;
  const from = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await ask(page, { authorization: basic(TOKEN), 'sec-fetch-site': 'cross-site', ...headers }))
      .status;
  expect(await from({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toBe(302);
  expect(await from({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' })).toBe(403);
  expect(await from({ 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' })).toBe(403);
  expect(await from({})).toBe(403);
  expect(
    await from({
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      origin: 'http://evil.example',
    }),
  ).toBe(403);
  expect(
    await from({
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      host: 'evil.example',
    }),
  ).toBe(403);
  const api = await ask(`${base}/incidents/v1`, {
    authorization: `Bearer ${TOKEN}`,
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  });
  expect(api.status).toBe(403);
});

test('what is not there is said, with what to do', async () => {
  const { base } = await withHostileRun();
  for (const [pathname, words] of [
    ['/trajectories/traj_none', 'There is no such run'],
    [`/trajectories?trace=${'0'.repeat(32)}`, 'No recorded run has this trace'],
    ['/trajectories?trace=x', 'There is no such page'],
    ['/incidents/inc_none', 'aftertrace incidents list'],
    ['/incidents/%3Cscript%3E', 'There is no such incident'],
  ] as const) {
    const answer = await ask(`${base}${pathname}`, { authorization: basic(TOKEN) });
    expect(answer.status).toBe(404);
    expect(answer.body).toContain(words);
    expect(answer.body).not.toContain('<script');
  }
});

test('programs get the records themselves', async () => {
  const { base } = await withHostileRun();
  const headers = { authorization: `Bearer ${TOKEN}`, accept: 'application/json' };
  const traced = await ask(`${base}/trajectories?trace=${TRACE}`, headers);
  const run = await ask(`${base}${String(traced.headers['location'])}`, headers);
  expect(run.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(JSON.parse(run.body)).toMatchObject({
    schema_version: 'ATIF-v1.7',
    extra: { aftertrace: { traceIds: [TRACE] } },
  });
  const missing = await ask(`${base}/incidents/inc_none`, headers);
  expect(missing.status).toBe(404);
  expect(JSON.parse(missing.body)).toMatchObject({
    error: { message: 'There is no such incident' },
  });
});
