import { expect, it } from 'vitest';

import { openBatch } from './record-batch.ts';

it('is settled once, when it is closed and each of its records is settled, however often', () => {
  let settled = 0;
  const batch = openBatch(() => {
    settled += 1;
  });
  const [first, second] = [batch.origin(), batch.origin()];
  first.settle();
  first.settle();
  first.settle();
  batch.close();
  batch.close();
  expect(settled).toBe(0);
  second.settle();
  second.settle();
  expect(settled).toBe(1);
});

it('is settled by closing it where it has no records', () => {
  let settled = 0;
  openBatch(() => {
    settled += 1;
  }).close();
  expect(settled).toBe(1);
});
