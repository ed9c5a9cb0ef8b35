import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { DeliveryResult, Destination } from './destination.ts';
import type { Notice } from './notice.ts';
import { openOutboxFile } from './outbox-file.ts';
import { createOutbox, type Outbox, type Settled } from './outbox.ts';
import { createManualClock, type ManualClock } from './testing/manual-clock.ts';
import { temporaryDirectory } from './testing/incidents-in.ts';

const HOUR = 3_600_000;

function noticeOf(incident: string, seq: number, type: Notice['type'] = 'transition'): Notice {
  return {
    key: `${incident}.${seq}`,
    incident,
    seq,
    type,
    at: '2026-11-22T10:00:00.000Z',
    data: {
      incident,
      title: 't',
      state: 'open',
      severity: 'sev3',
      kind: 'tool_failure',
      agent: 'support',
      fingerprint: 'sha256:f',
      firstSeen: '2026-11-22T10:00:00.000Z',
      lastSeen: '2026-11-22T10:00:00.000Z',
      counts: { findings: 1, runs: 1, conversations: 0, containments: 0, overrides: 0 },
      links: {},
      reviewCommand: 'aftertrace review inc_1',
    },
  };
}

/** A destination that answers as told and remembers what it was sent. */
interface FakeDestination {
  readonly sent: string[];
  answer: (notice: Notice) => DeliveryResult;
  readonly destination: Destination;
}

function fakeDestination(target = 'here'): FakeDestination {
  const sent: string[] = [];
  const fake: FakeDestination = {
    sent,
    answer: () => ({ status: 'delivered' }),
    destination: {
      name: 'team',
      target,
      async send(notice) {
        sent.push(notice.key);
        return fake.answer(notice);
      },
    },
  };
  return fake;
}

interface Opened extends AsyncDisposable {
  readonly outbox: Outbox;
  readonly settled: Settled[];
}

async function openOutbox(
  directory: string,
  clock: ManualClock,
  destination: Destination,
): Promise<Opened> {
  const { name, target } = destination;
  const opened = await openOutboxFile({ directory, name, target, now: clock.now });
  const settled: Settled[] = [];
  const outbox = createOutbox({
    destination,
    opened,
    now: clock.now,
    schedule: clock.schedule,
    random: () => 0.5,
    onSettled: async (one) => {
      settled.push(one);
    },
    onError: (error) => {
      throw error;
    },
  });
  outbox.start();
  return { outbox, settled, [Symbol.asyncDispose]: () => outbox.close() };
}

async function deadLetters(directory: string): Promise<readonly { reason: string }[]> {
  const text = await readFile(join(directory, 'team.dead.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { reason: string });
}

test('while one incident waits for a retry its later notices wait behind it, and others go on', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  await using opened = await openOutbox(directory.path, clock, fake.destination);
  const { outbox } = opened;
  fake.answer = ({ incident }) =>
    incident === 'a' ? { status: 'retry', reason: 'HTTP 503' } : { status: 'delivered' };
  for (const [incident, seq] of [
    ['a', 0],
    ['a', 1],
    ['b', 0],
    ['b', 1],
  ] as const) {
    await outbox.enqueue(noticeOf(incident, seq));
  }
  await outbox.idle();
  expect(fake.sent.filter((key) => key.startsWith('a'))).toEqual(['a.0']);
  expect(fake.sent.filter((key) => key.startsWith('b'))).toEqual(['b.0', 'b.1']);
  fake.answer = () => ({ status: 'delivered' });
  clock.advance(4_999);
  await outbox.idle();
  expect(fake.sent.at(-1)).toBe('b.1');
  clock.advance(1);
  await outbox.idle();
  expect(fake.sent.slice(-2)).toEqual(['a.0', 'a.1']);
  expect(outbox.counts()).toMatchObject({ pending: 0, delivered: 4, failedAttempts: 1, dead: 0 });
});

test('a notice and its attempts survive a restart, in order', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  fake.answer = () => ({ status: 'retry', reason: 'HTTP 503' });
  {
    await using opened = await openOutbox(directory.path, clock, fake.destination);
    await opened.outbox.enqueue(noticeOf('a', 0));
    await opened.outbox.enqueue(noticeOf('a', 1));
    await opened.outbox.idle();
  }
  fake.answer = () => ({ status: 'delivered' });
  {
    await using opened = await openOutbox(directory.path, clock, fake.destination);
    await opened.outbox.idle();
    expect(fake.sent).toEqual(['a.0']);
    clock.advance(5_000);
    await opened.outbox.idle();
    expect(fake.sent).toEqual(['a.0', 'a.0', 'a.1']);
    expect(opened.settled.map(({ attempts }) => attempts)).toEqual([2, 1]);
  }
  await using opened = await openOutbox(directory.path, clock, fake.destination);
  await opened.outbox.idle();
  expect(fake.sent).toHaveLength(3);
});

test('a Retry-After holds the whole destination back, for at most a day', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  await using opened = await openOutbox(directory.path, clock, fake.destination);
  const { outbox } = opened;
  fake.answer = () => ({ status: 'retry', reason: 'HTTP 429', retryAfterMillis: 1_000 * HOUR });
  await outbox.enqueue(noticeOf('a', 0));
  await outbox.idle();
  fake.answer = () => ({ status: 'delivered' });
  await outbox.enqueue(noticeOf('b', 0));
  clock.advance(24 * HOUR - 1);
  await outbox.idle();
  expect(fake.sent).toEqual(['a.0']);
  clock.advance(1);
  await outbox.idle();
  expect(fake.sent).toEqual(['a.0', 'a.0', 'b.0']);
});

test('what is refused for good goes to the dead letters, and the next one is sent', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  await using opened = await openOutbox(directory.path, clock, fake.destination);
  fake.answer = ({ seq }) =>
    seq === 0 ? { status: 'rejected', reason: 'HTTP 400' } : { status: 'delivered' };
  await opened.outbox.enqueue(noticeOf('a', 0));
  await opened.outbox.enqueue(noticeOf('a', 1));
  await opened.outbox.idle();
  expect(opened.settled).toMatchObject([
    { delivered: false, reason: 'HTTP 400' },
    { delivered: true },
  ]);
  expect(await deadLetters(directory.path)).toMatchObject([
    { reason: 'HTTP 400', attempts: 1, notice: { key: 'a.0' } },
  ]);
});

test('after the whole schedule a notice is given up', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  await using opened = await openOutbox(directory.path, clock, fake.destination);
  fake.answer = () => ({ status: 'retry', reason: 'HTTP 500' });
  await opened.outbox.enqueue(noticeOf('a', 0));
  await opened.outbox.idle();
  for (let round = 0; round < 20; round += 1) {
    clock.advance(24 * HOUR);
    await opened.outbox.idle();
  }
  expect(fake.sent).toHaveLength(10);
  expect(await deadLetters(directory.path)).toMatchObject([
    { reason: 'gave up after 10 attempts: HTTP 500' },
  ]);
});

test('a receiver that is gone is switched off, also after a restart, until its address changes', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  fake.answer = () => ({ status: 'gone', reason: 'HTTP 410' });
  {
    await using opened = await openOutbox(directory.path, clock, fake.destination);
    await opened.outbox.enqueue(noticeOf('a', 0));
    await opened.outbox.enqueue(noticeOf('a', 1));
    await opened.outbox.idle();
    expect(opened.outbox.counts()).toMatchObject({ pending: 0, dead: 2 });
  }
  {
    await using opened = await openOutbox(directory.path, clock, fake.destination);
    await opened.outbox.enqueue(noticeOf('a', 2));
    await opened.outbox.idle();
    expect(fake.sent).toEqual(['a.0']);
  }
  const moved = fakeDestination('elsewhere');
  await using opened = await openOutbox(directory.path, clock, moved.destination);
  await opened.outbox.enqueue(noticeOf('a', 3));
  await opened.outbox.idle();
  expect(moved.sent).toEqual(['a.3']);
});

test('unsent counts are replaced by what is newer, transitions never', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  await using opened = await openOutbox(directory.path, clock, fake.destination);
  const { outbox } = opened;
  fake.answer = () => ({ status: 'retry', reason: 'HTTP 503' });
  await outbox.enqueue(noticeOf('a', 0, 'opened'));
  await outbox.idle();
  await outbox.enqueue(noticeOf('a', 1, 'updated'));
  await outbox.enqueue(noticeOf('a', 2, 'updated'));
  await outbox.enqueue(noticeOf('a', 3, 'transition'));
  await outbox.enqueue(noticeOf('a', 4, 'updated'));
  fake.answer = () => ({ status: 'delivered' });
  clock.advance(5_000);
  await outbox.idle();
  expect(fake.sent).toEqual(['a.0', 'a.0', 'a.3', 'a.4']);
  expect(outbox.counts()).toMatchObject({ coalesced: 2, pending: 0 });
});

test('a key is never queued twice', async () => {
  await using directory = await temporaryDirectory();
  const clock = createManualClock();
  const fake = fakeDestination();
  await using opened = await openOutbox(directory.path, clock, fake.destination);
  fake.answer = () => ({ status: 'retry', reason: 'HTTP 503' });
  await opened.outbox.enqueue(noticeOf('a', 0));
  await opened.outbox.enqueue(noticeOf('a', 0));
  expect(opened.outbox.counts().pending).toBe(1);
});
