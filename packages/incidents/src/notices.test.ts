import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ana, findingOf } from './testing/findings.ts';
import { incidentsIn, temporaryDirectory } from './testing/incidents-in.ts';
import { createManualClock, type ManualClock } from './testing/manual-clock.ts';
import { startWebhookReceiver, status, type WebhookReceiver } from './testing/webhook-receiver.ts';
import { createWebhookDestination } from './webhook/webhook.ts';

const secrets = [`whsec_${Buffer.alloc(32, 7).toString('base64')}`];

function team(receiver: WebhookReceiver, clock: ManualClock, name = 'team') {
  return createWebhookDestination({
    name,
    url: receiver.url,
    secrets,
    now: clock.now,
    allowPrivate: true,
  });
}

interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly title: string;
    readonly state: string;
    readonly counts: { findings: number };
    readonly links: { readonly incident?: string };
  };
}

function eventsOf(receiver: WebhookReceiver): readonly CloudEvent[] {
  return receiver.received.map(({ body }) => JSON.parse(body) as CloudEvent);
}

test('people are told of the opening, of each move, and of new counts at most once in five minutes', async () => {
  await using directory = await temporaryDirectory();
  await using receiver = await startWebhookReceiver();
  const clock = createManualClock();
  await using running = await incidentsIn(directory.path, {
    clock,
    destinations: [team(receiver, clock)],
    consoleUrl: 'http://127.0.0.1:4320',
  });
  const { incidents } = running;
  for (let count = 0; count < 3; count += 1) await incidents.addFinding(findingOf());
  await incidents.flush();
  const id = incidents.list()[0]?.id ?? '';
  for (let count = 0; count < 50; count += 1) await incidents.addFinding(findingOf());
  await incidents.flush();
  expect(eventsOf(receiver)).toMatchObject([
    {
      id: `${id}.0`,
      type: 'aftertrace.incident.opened.v1',
      data: {
        title: 'refund failed: timeout [support]',
        counts: { findings: 3 },
        links: {
          incident: `http://127.0.0.1:4320/incidents/v1/${id}`,
          page: `http://127.0.0.1:4320/incidents/${id}`,
        },
        reviewCommand: `aftertrace review ${id}`,
      },
    },
  ]);
  clock.advance(5 * 60_000);
  await incidents.flush();
  expect(eventsOf(receiver).slice(1)).toMatchObject([
    { type: 'aftertrace.incident.updated.v1', data: { counts: { findings: 53 } } },
  ]);
  await incidents.transition(id, { to: 'open', actor: ana, reason: 'SECRET-REASON' });
  await incidents.flush();
  expect(eventsOf(receiver).slice(2)).toMatchObject([
    { type: 'aftertrace.incident.transition.v1', data: { state: 'open', previousState: 'triage' } },
  ]);
  clock.advance(60 * 60_000);
  await incidents.flush();
  expect(receiver.received).toHaveLength(3);
  expect(JSON.stringify(receiver.received)).not.toContain('SECRET');
  expect(incidents.get(id)?.destinations['team']).toMatchObject({ lastStatus: 'delivered' });
});

test('a notice has no link until the address of the console is known', async () => {
  await using directory = await temporaryDirectory();
  await using receiver = await startWebhookReceiver();
  const clock = createManualClock();
  let url: string | undefined;
  await using running = await incidentsIn(directory.path, {
    clock,
    destinations: [team(receiver, clock)],
    consoleUrl: () => url,
  });
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = running.incidents.list()[0]?.id ?? '';
  url = 'http://127.0.0.1:4320/';
  await running.incidents.transition(id, { to: 'open', actor: ana, reason: 'real' });
  await running.incidents.flush();
  expect(eventsOf(receiver).map(({ data }) => data.links)).toEqual([
    {},
    {
      incident: `http://127.0.0.1:4320/incidents/v1/${id}`,
      page: `http://127.0.0.1:4320/incidents/${id}`,
    },
  ]);
});

test('a notice that could not be delivered before a restart is delivered after it, with the same id', async () => {
  await using directory = await temporaryDirectory();
  await using receiver = await startWebhookReceiver();
  const clock = createManualClock();
  receiver.answer = status(503);
  {
    await using running = await incidentsIn(directory.path, {
      clock,
      destinations: [team(receiver, clock)],
    });
    await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
    await running.incidents.flush();
  }
  receiver.answer = status(204);
  clock.advance(60_000);
  await using running = await incidentsIn(directory.path, {
    clock,
    destinations: [team(receiver, clock)],
  });
  await running.incidents.flush();
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
    `${running.incidents.list()[0]?.id}.0`,
    `${running.incidents.list()[0]?.id}.0`,
  ]);
});

test('a notice that a crash swallowed before it was queued is queued at the next start', async () => {
  await using directory = await temporaryDirectory();
  await using receiver = await startWebhookReceiver();
  const clock = createManualClock();
  const destinations = [team(receiver, clock)];
  {
    // The destination is known from here on.
    await using _ = await incidentsIn(directory.path, { clock, destinations });
  }
  clock.advance(1_000);
  {
    // As after a crash: the event is in the log, and no outbox knows of it.
    await using running = await incidentsIn(directory.path, { clock });
    await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  }
  await using running = await incidentsIn(directory.path, { clock, destinations });
  await running.incidents.flush();
  expect(eventsOf(receiver)).toMatchObject([{ type: 'aftertrace.incident.opened.v1' }]);
  await running.incidents.shutdown();
  await using again = await incidentsIn(directory.path, { clock, destinations });
  await again.incidents.flush();
  expect(receiver.received).toHaveLength(1);
});

test('a destination that is new is not told the past', async () => {
  await using directory = await temporaryDirectory();
  await using receiver = await startWebhookReceiver();
  const clock = createManualClock();
  {
    await using running = await incidentsIn(directory.path, { clock });
    await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  }
  clock.advance(1_000);
  await using running = await incidentsIn(directory.path, {
    clock,
    destinations: [team(receiver, clock)],
  });
  await running.incidents.flush();
  expect(receiver.received).toEqual([]);
});

test('a refused notice stands in the incident, and other destinations get theirs', async () => {
  await using directory = await temporaryDirectory();
  await using good = await startWebhookReceiver();
  await using bad = await startWebhookReceiver();
  bad.answer = status(400);
  const clock = createManualClock();
  await using running = await incidentsIn(directory.path, {
    clock,
    destinations: [team(good, clock, 'good'), team(bad, clock, 'bad')],
  });
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  await running.incidents.flush();
  expect(running.incidents.list()[0]?.destinations).toMatchObject({
    good: { lastStatus: 'delivered' },
    bad: { lastStatus: 'failed' },
  });
  expect(running.incidents.outboxCounts()).toMatchObject({
    good: { delivered: 1 },
    bad: { dead: 1 },
  });
});

test('hostile names reach a title without control characters, cut short', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const tool = `x\u001b[2J\r\n\u202e${'y'.repeat(500)}`;
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1', tool }));
  const title = running.incidents.list()[0]?.title ?? '';
  expect(title).not.toMatch(/[\p{C}\n]/u);
  expect(title.length).toBeLessThan(200);
  await rm(join(directory.path, 'outbox'), { recursive: true });
});
