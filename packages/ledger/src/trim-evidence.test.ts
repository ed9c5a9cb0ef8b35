import { expect, test } from 'vitest';

import { input, NOW } from './testing/inputs.ts';
import { open, place, request, verify } from './testing/trimmed-ledger.ts';

test('what a process has proven is counted on, over what was removed', async () => {
  const at = await place();
  const ledger = await open(at);
  const prove = async (evidenceSeq: number) =>
    ledger.append(input(evidenceSeq, { instance: 'i-1', agent: 'support', evidenceSeq }));
  for (const seq of [0, 1, 4, 5]) await prove(seq);
  await ledger.trim(request(ledger.head().seq));
  await prove(6);
  await prove(9);
  await ledger.trim(request(ledger.head().seq));
  await prove(3);
  const carried = [];
  for await (const one of ledger.carriedEvidence()) carried.push([one.instance, one.sequence.last]);
  expect(carried).toEqual([['i-1', 9]]);
  await ledger.close();
  const { ok, gaps } = await verify(at);
  expect(ok).toBe(true);
  expect(gaps.map(({ from, to }) => [from, to])).toEqual([
    [2, 2],
    [7, 8],
  ]);
});

test('of processes that are long gone and of which nothing is missing, nothing is carried on', async () => {
  const at = await place();
  const clock = { nowMillis: NOW };
  const ledger = await open(at, { now: () => clock.nowMillis });
  const prove = async (instance: string, evidenceSeq: number) => {
    const data = { instance, agent: 'support', evidenceSeq };
    const time = new Date(clock.nowMillis).toISOString();
    await ledger.append({ ...input(evidenceSeq, data), at: time });
  };
  const carriedAfter = async (days: number) => {
    clock.nowMillis = NOW + days * 24 * 3_600_000;
    const { seq } = ledger.head();
    if (days > 400) await prove('back', 1);
    await ledger.trim(request(seq));
    const carried: string[] = [];
    for await (const { instance } of ledger.carriedEvidence()) carried.push(instance);
    return carried.toSorted();
  };
  for (const [instance, ...seqs] of [
    ['gone', 0, 1],
    ['gap', 0, 2],
    ['back', 0],
  ] as const) {
    for (const seq of seqs) await prove(instance, seq);
  }
  expect(await carriedAfter(1)).toEqual(['back', 'gap', 'gone']);
  expect(await carriedAfter(399)).toEqual(['back', 'gap', 'gone']);
  expect(await carriedAfter(402)).toEqual(['back', 'gap']);
  await ledger.close();
  const { ok, gaps } = await verify(at);
  expect(ok).toBe(true);
  expect(gaps).toMatchObject([{ instance: 'gap', from: 1, to: 1 }]);
});
