import type { Ack } from '@aftertrace/schema';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { createDiagnostics } from '../diagnostics.ts';
import { createAcknowledgements } from './acknowledgements.ts';
import type { HttpResult } from './http-client.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const inForce = (revision: number) => ({
  instance: 'i-1',
  revision,
  inForceSince: '2026-11-23T10:00:00.000Z',
  containments: [{ id: 'ctn_1', aborted: 2 }],
});

function start(answer: (sent: number) => HttpResult, unattached: readonly string[] = []) {
  const sent: Ack[] = [];
  const told: string[] = [];
  const acks = createAcknowledgements({
    agent: 'shop',
    send: async (ack) => Promise.resolve(answer(sent.push(ack))),
    compensated: () => [],
    unattached: () => unattached,
    diagnostics: createDiagnostics((line) => told.push(line)),
    random: () => 0.5,
  });
  return { acks, sent, told };
}

test('an acknowledgement that is lost is sent again until it is taken, for every agent, with what was stopped', async () => {
  const { acks, sent } = start((count) =>
    count > 3
      ? { kind: 'response', status: 204, body: '' }
      : { kind: 'unreachable', reason: 'gone' },
  );
  acks.sawAgent('support');
  acks.tell(inForce(7));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.map(({ agent }) => agent)).toEqual([
    'shop',
    'support',
    'shop',
    'support',
    'shop',
    'support',
  ]);
  expect(sent.at(-1)).toMatchObject({ revision: 7, containments: [{ id: 'ctn_1', aborted: 2 }] });
});

test('what is sent again is what is in force by then', async () => {
  const { acks, sent } = start((count) =>
    count > 1
      ? { kind: 'response', status: 204, body: '' }
      : { kind: 'response', status: 503, body: '' },
  );
  acks.tell(inForce(7));
  await vi.advanceTimersByTimeAsync(0);
  acks.tell(inForce(8));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.map(({ revision }) => revision)).toEqual([7, 8, 8]);
});

test('nothing is sent again after the end', async () => {
  const { acks, sent } = start(() => ({ kind: 'unreachable', reason: 'gone' }));
  acks.tell(inForce(7));
  await vi.advanceTimersByTimeAsync(1);
  acks.tell(inForce(8));
  acks.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(1);
});

test('that the token does not speak for an agent is told once, and tried again', async () => {
  const { acks, sent, told } = start(() => ({ kind: 'response', status: 403, body: '' }));
  acks.tell(inForce(7));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.length).toBeGreaterThan(1);
  expect(told).toEqual([expect.stringContaining('speak for agent shop')]);
});

test('nothing is sent before the turn in which it was put in force is over', async () => {
  const { acks, sent } = start(() => ({ kind: 'response', status: 204, body: '' }));
  acks.tell(inForce(7));
  await Promise.resolve();
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).toHaveLength(1);
});

test('where many are told, each answers at a moment of its own, and only what is in force then', async () => {
  const { acks, sent } = start(() => ({ kind: 'response', status: 204, body: '' }));
  acks.tell(inForce(7), 200);
  await vi.advanceTimersByTimeAsync(99);
  expect(sent).toEqual([]);
  acks.tell(inForce(8), 200);
  await vi.advanceTimersByTimeAsync(200);
  expect(sent.map(({ revision }) => revision)).toEqual([8]);
});

test('what no guard sees in this process is told with each, and again when more of it is found', async () => {
  const unattached: string[] = [];
  const { acks, sent } = start(() => ({ kind: 'response', status: 204, body: '' }), unattached);
  acks.factsChanged();
  // Before the first state there is nothing to tell.
  await vi.advanceTimersByTimeAsync(0);
  acks.tell(inForce(7));
  await vi.advanceTimersByTimeAsync(0);
  unattached.push('openai 8.0.0');
  acks.factsChanged();
  unattached.push('ai 99.0.0');
  acks.factsChanged();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toHaveLength(2);
  expect(sent[0]).not.toHaveProperty('unattached');
  expect(sent[1]).toMatchObject({ revision: 7, unattached: ['openai 8.0.0', 'ai 99.0.0'] });
});
