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

function startQueue(
  answers: HttpResult[],
  maxRecords = 100,
  more: { maxBytes?: number; answer?: (batch: EvidenceBatch) => HttpResult } = {},
) {
  const batches: EvidenceBatch[] = [];
  const diagnostics = createDiagnostics(() => undefined);
  const queue: EvidenceQueue = createEvidenceQueue({
    instance: 'i',
    agent: 'a',
    diagnostics,
    maxRecords,
    ...(more.maxBytes === undefined ? {} : { maxBytes: more.maxBytes }),
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
