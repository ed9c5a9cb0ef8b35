import type { EvidenceBatch } from '@aftertrace/schema';
import { describe, expect, test, vi } from 'vitest';

import { createDiagnostics } from '../diagnostics.ts';
import { createEvidenceQueue, type EvidenceQueue } from './evidence-queue.ts';
import type { HttpResult } from './http-client.ts';
import type { Evidence } from './link.ts';

const taken: HttpResult = { kind: 'response', status: 200, body: '' };
const down: HttpResult = { kind: 'unreachable', reason: 'down' };
const proof: Evidence = {
  type: 'override.outcome',
  data: { override: 'o', status: 'succeeded', at: '2026-11-23T10:00:00.000Z' },
};

const effectOf = (agent: string): Evidence => ({
  type: 'effect',
  data: {
    id: `eff_${agent}`,
    at: '2026-11-23T10:00:00.000Z',
    agent,
    tool: 'send_email',
    actionDigest: 'none',
    run: 'run_1',
    reversibility: 'irreversible',
    compensable: false,
  },
});

function startQueue(
  answers: HttpResult[],
  maxRecords = 100,
  more: {
    maxBytes?: number;
    answer?: (batch: EvidenceBatch) => HttpResult;
    aside?: (json: string) => void;
  } = {},
) {
  const { aside } = more;
  const batches: EvidenceBatch[] = [];
  const diagnostics = createDiagnostics(() => undefined);
  const queue: EvidenceQueue = createEvidenceQueue({
    instance: 'i',
    agent: 'a',
    diagnostics,
    maxRecords,
    ...(more.maxBytes === undefined ? {} : { maxBytes: more.maxBytes }),
    ...(aside === undefined ? {} : { aside: { keep: (json) => (aside(json), true) } }),
    random: () => 1,
    send: (batch) => {
      batches.push(batch);
      return Promise.resolve(more.answer?.(batch) ?? answers.shift() ?? taken);
    },
  });
  const numbers = (): number[][] => batches.map(({ records }) => records.map(({ seq }) => seq));
  return { queue, numbers, diagnostics };
}

describe('evidence', () => {
  test('goes out soon, in order and numbered, in one batch where it comes together', async () => {
    const { queue, numbers } = startQueue([]);
    for (let n = 0; n < 3; n += 1) queue.add(proof);
    await vi.waitFor(() => expect(queue.size).toBe(0));
    expect(numbers()).toEqual([[0, 1, 2]]);
  });

  test('that was not taken is sent again with its numbers', async () => {
    vi.useFakeTimers();
    try {
      const { queue, numbers } = startQueue([down, { kind: 'response', status: 503, body: '' }]);
      queue.add(proof);
      await vi.advanceTimersByTimeAsync(0);
      queue.add(proof);
      await vi.advanceTimersByTimeAsync(200);
      await vi.advanceTimersByTimeAsync(400);
      expect(numbers()).toEqual([[0], [0, 1], [0, 1]]);
      expect(queue.size).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('beyond the bound loses its oldest, counted, and the gap shows in the numbers', async () => {
    const { queue, numbers, diagnostics } = startQueue([down], 2);
    for (let n = 0; n < 5; n += 1) queue.add(proof);
    expect(diagnostics.counts().get('control.evidence_dropped')).toBe(3);
    await queue.drain();
    await queue.drain();
    expect(numbers().at(-1)).toEqual([3, 4]);
    expect(queue.size).toBe(0);
  });

  test('that the companion calls no evidence is dropped and counted, not sent for ever', async () => {
    const { queue, diagnostics } = startQueue([{ kind: 'response', status: 400, body: '' }]);
    queue.add(proof);
    await vi.waitFor(() => expect(queue.size).toBe(0));
    expect(diagnostics.counts().get('control.evidence_refused')).toBe(1);
  });

  test('is not dropped for a token that may be put right', async () => {
    const closed: HttpResult = { kind: 'response', status: 401, body: '' };
    const { queue } = startQueue([closed, closed]);
    queue.add(proof);
    await queue.drain();
    expect(queue.size).toBe(1);
  });

  test('of an agent that the token does not speak for is set aside after some tries, and holds up no other', async () => {
    vi.useFakeTimers();
    try {
      const aside: string[] = [];
      const accepted: number[] = [];
      const isOf = (agent: string) => (record: EvidenceBatch['records'][number]) =>
        'agent' in record.data && record.data.agent === agent;
      const { queue, numbers, diagnostics } = startQueue([], 100, {
        aside: (json) => void aside.push(json),
        answer: ({ records }) => {
          if (records.some(isOf('other'))) return { kind: 'response', status: 403, body: '' };
          accepted.push(...records.map(({ seq }) => seq));
          return taken;
        },
      });
      for (const agent of ['own', 'other', 'own']) queue.add(effectOf(agent));
      await vi.advanceTimersByTimeAsync(20_000);
      expect(accepted).toEqual([]);
      expect(numbers().length).toBeLessThan(8);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(accepted).toEqual([0, 2]);
      expect(queue.size).toBe(0);
      expect(aside.map((json) => (JSON.parse(json) as { seq: number }).seq)).toEqual([1]);
      expect(diagnostics.counts().get('control.evidence_set_aside')).toBe(1);
      const sent = numbers().length;
      queue.add(effectOf('other'));
      await vi.advanceTimersByTimeAsync(600_000);
      expect(numbers().length).toBe(sent + 1);
      queue.add(proof);
      await vi.advanceTimersByTimeAsync(0);
      expect(accepted).toEqual([0, 2, 4]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('that is forbidden, with no place to set it aside, is dropped and counted', async () => {
    vi.useFakeTimers();
    try {
      const answer = (): HttpResult => ({ kind: 'response', status: 403, body: '' });
      const { queue, diagnostics } = startQueue([], 100, { answer });
      queue.add(proof);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(queue.size).toBe(0);
      expect(diagnostics.counts().get('control.evidence_dropped')).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['cannot be read', 400],
    ['is too large', 413],
  ])('one record that %s takes no others along', async (_name, status) => {
    const accepted: number[] = [];
    const { queue, diagnostics } = startQueue([], 100, {
      answer: ({ records }) => {
        if (records.some(({ seq }) => seq === 5)) return { kind: 'response', status, body: '' };
        accepted.push(...records.map(({ seq }) => seq));
        return taken;
      },
    });
    for (let n = 0; n < 9; n += 1) queue.add(proof);
    await vi.waitFor(() => expect(queue.size).toBe(0));
    expect(accepted).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
    expect(diagnostics.counts().get('control.evidence_refused')).toBe(1);
  });

  test('is divided into requests that a companion reads', async () => {
    const { queue, numbers } = startQueue([]);
    for (let n = 0; n < 3; n += 1) queue.add(largeProof(300_000));
    await vi.waitFor(() => expect(queue.size).toBe(0));
    expect(numbers()).toEqual([[0], [1], [2]]);
  });

  test('takes no more memory than it may, whatever its size', async () => {
    const { queue, diagnostics } = startQueue([down], 100, { maxBytes: 2_500 });
    for (let n = 0; n < 4; n += 1) queue.add(largeProof(1_000));
    expect(queue.size).toBe(2);
    expect(diagnostics.counts().get('control.evidence_dropped')).toBe(2);
  });

  test('that has no JSON form does not hold up what follows', async () => {
    const { queue, numbers, diagnostics } = startQueue([]);
    queue.add({ ...proof, data: { ...proof.data, detail: 1n as never } });
    queue.add(proof);
    await vi.waitFor(() => expect(queue.size).toBe(0));
    expect(numbers()).toEqual([[1]]);
    expect(diagnostics.counts().get('control.evidence_dropped')).toBe(1);
  });
});

function largeProof(length: number): Evidence {
  const data = { override: 'o', status: 'succeeded', at: '2026-11-23T10:00:00.000Z' } as const;
  return { type: 'override.outcome', data: { ...data, detail: 'x'.repeat(length) } };
}
