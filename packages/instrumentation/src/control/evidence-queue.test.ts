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

function startQueue(answers: HttpResult[], maxRecords = 100) {
  const batches: EvidenceBatch[] = [];
  const diagnostics = createDiagnostics(() => undefined);
  const queue: EvidenceQueue = createEvidenceQueue({
    instance: 'i',
    agent: 'a',
    diagnostics,
    maxRecords,
    random: () => 1,
    send: (batch) => {
      batches.push(batch);
      return Promise.resolve(answers.shift() ?? taken);
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
});
