import { expect, it } from 'vitest';

import { createPace } from './pace.ts';

it('lets others go first once work has gone on for long enough, and counts from there', async () => {
  let now = 10;
  const pace = createPace(() => now);
  expect(pace.rest()).toBeUndefined();
  now = 14;
  let wentFirst = false;
  setImmediate(() => (wentFirst = true));
  await pace.rest();
  expect(wentFirst).toBe(true);
  expect(pace.rest()).toBeUndefined();
  now = 18;
  expect(pace.rest()).toBeInstanceOf(Promise);
});
