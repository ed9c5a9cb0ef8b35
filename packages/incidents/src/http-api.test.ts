import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import type { IncidentsCaller } from './http-api.ts';
import type { Incidents } from './incidents.ts';
import { findingOf } from './testing/findings.ts';
import { incidentsIn, temporaryDirectory } from './testing/incidents-in.ts';

const actor = { id: 'ana@example.com' };

async function serve(
  incidents: Incidents,
  caller?: IncidentsCaller,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    incidents.handle(request, response, caller).then(
      (handled) => handled || response.writeHead(404).end('not ours'),
      () => response.destroy(),
    );
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function ask(url: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const response = await fetch(
    url,
    body === undefined
      ? {}
      : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) },
  );
  return { status: response.status, json: await response.json() };
}

test('incidents are listed, opened, moved and noted over HTTP', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path, { assurance: 'token' });
  await using server = await serve(running.incidents);
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = running.incidents.list()[0]?.id ?? '';
  const base = `${server.url}/incidents/v1`;

  const listed = await ask(`${base}?state=triage,open&severity=sev1&agent=support&limit=5`);
  expect(listed).toMatchObject({ status: 200, json: { incidents: [{ id, count: 1 }] } });
  expect(JSON.stringify(listed.json)).not.toContain('"events"');
  expect(await ask(`${base}?state=closed`)).toMatchObject({ json: { incidents: [] } });
  expect(await ask(`${base}/${id}`)).toMatchObject({ json: { id, events: [{ type: 'opened' }] } });

  const moved = { to: 'open', actor, reason: 'real' };
  expect(await ask(`${base}/${id}/transitions`, moved)).toMatchObject({
    status: 200,
    json: { state: 'open' },
  });
  expect(await ask(`${base}/${id}/transitions`, { ...moved, to: 'contained' })).toMatchObject({
    status: 422,
    json: { error: { code: 'containment_required' } },
  });
  expect(await ask(`${base}/${id}/notes`, { actor, text: 'looking' })).toMatchObject({
    status: 200,
  });
  expect(running.incidents.get(id)?.events.slice(1)).toMatchObject([
    {
      type: 'transition',
      reason: 'real',
      actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
    },
    { type: 'note', data: { text: 'looking' } },
  ]);
});

test.each([
  ['/transitions', { to: 'open', actor, reason: ' ' }, 400, /reason: a reason is required/],
  ['/transitions', { to: 'open', actor: { id: '' }, reason: 'r' }, 400, /identity/],
  ['/transitions', { to: 'open', actor, reason: 'r', sudo: true }, 400, /sudo/],
  ['/transitions', { to: 'closed', actor, reason: 'r' }, 409, /cannot go to closed/],
  ['/transitions', { to: 'merged', actor, reason: 'r' }, 422, /mergedInto/],
  ['/transitions', '{', 400, /not JSON/],
  ['/notes', { actor, text: '' }, 400, /needs a text/],
  ['/notes', { actor, text: 'x'.repeat(300_000) }, 413, /65536 bytes/],
  ['/nonsense', {}, 404, /transitions and \/notes/],
  ['x/transitions', { to: 'open', actor, reason: 'r' }, 404, /no incident/],
] as const)('%s with %o is refused', async (action, body, status, message) => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  await using server = await serve(running.incidents);
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const [incident] = running.incidents.list();
  const answer = await ask(`${server.url}/incidents/v1/${incident?.id}${action}`, body);
  expect(answer.status).toBe(status);
  expect((answer.json as { error: { message: string } }).error.message).toMatch(message);
  expect(running.incidents.list()[0]?.events).toHaveLength(1);
});

test('a body that is too long is answered before all of it has come', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  await using server = await serve(running.incidents);
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const outgoing = request(`${server.url}/incidents/v1/inc_1/notes`, { method: 'POST' });
  outgoing.on('response', (response) => resolve(response.resume().statusCode));
  outgoing.on('error', reject);
  // Never ended: the server must not wait for the rest.
  outgoing.write('x'.repeat(200_000));
  expect(await promise).toBe(413);
  outgoing.destroy();
});

test('other paths are left to others, and other methods refused', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  await using server = await serve(running.incidents);
  const other = await fetch(`${server.url}/incidents/v10`);
  expect(await other.text()).toBe('not ours');
  const wrong = await fetch(`${server.url}/incidents/v1`, { method: 'DELETE' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
  expect((await ask(`${server.url}/incidents/v1?limit=0`)).status).toBe(400);
  expect((await ask(`${server.url}/incidents/v1/inc_none`)).status).toBe(404);
});

test('a token that is bound to a person acts in the role that it says, and in no other', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path, { assurance: 'token' });
  const { incidents } = running;
  await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = incidents.list()[0]?.id ?? '';
  const noted = async (title: object, role: object) => {
    await using server = await serve(incidents, {
      tokenId: 'tok_1',
      identity: actor.id,
      ...title,
    });
    const body = { actor: { id: actor.id, ...role }, text: 'seen' };
    const { status } = await ask(`${server.url}/incidents/v1/${id}/notes`, body);
    return [status, incidents.get(id)?.events.at(-1)?.actor.role];
  };
  expect(await noted({}, { role: 'dpo' })).toEqual([403, undefined]);
  expect(await noted({ title: 'clerk' }, { role: 'dpo' })).toEqual([403, undefined]);
  expect(await noted({ title: 'dpo' }, {})).toEqual([200, 'dpo']);
  expect(await noted({ title: 'dpo' }, { role: 'dpo' })).toEqual([200, 'dpo']);
});

test('a token that is bound to a person acts, notes and signs as nobody else', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path, { assurance: 'token' });
  const { incidents } = running;
  await using server = await serve(incidents, { tokenId: 'tok_1', identity: actor.id });
  await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = incidents.list()[0]?.id ?? '';
  const moves = `${server.url}/incidents/v1/${id}/transitions`;
  const ben = { id: 'ben@example.com' };
  const refused = { status: 403, json: { error: { code: 'forbidden_actor' } } };

  const open = { to: 'open', actor, reason: 'real' };
  expect(await ask(moves, { ...open, actor: ben })).toMatchObject(refused);
  const notes = `${server.url}/incidents/v1/${id}/notes`;
  expect(await ask(notes, { actor: ben, text: 'mine' })).toMatchObject(refused);
  expect(incidents.get(id)?.events).toHaveLength(1);

  for (const to of ['open', 'resolved', 'review'])
    expect(await ask(moves, { ...open, to })).toMatchObject({ status: 200 });
  const close = (by: string): unknown => ({
    ...open,
    to: 'closed',
    signOff: { by, actions: 'risk_accepted' },
  });
  expect(await ask(moves, close(ben.id))).toMatchObject(refused);
  expect(incidents.get(id)?.state).toBe('review');
  expect(await ask(moves, close(actor.id))).toMatchObject({ status: 200 });
  expect(incidents.get(id)?.events.at(-1)?.actor).toEqual({
    kind: 'human',
    id: actor.id,
    assurance: 'token',
    tokenId: 'tok_1',
  });
});
