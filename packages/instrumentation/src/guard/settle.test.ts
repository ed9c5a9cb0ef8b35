import { expect, test } from 'vitest';

import { createGuardFixture } from '../testing/guard-fixture.ts';

test('what works each time when it is awaited, as query builders do, works once', async () => {
  const fixture = createGuardFixture();
  await fixture.enforce([]);
  let inserts = 0;
  const query: PromiseLike<string> = {
    // oxlint-disable-next-line unicorn/no-thenable
    then: (resolve) => {
      inserts += 1;
      return Promise.resolve('done').then(resolve);
    },
  };
  expect(await fixture.guard.call(fixture.call(), { execute: () => query })).toBe('done');
  expect(inserts).toBe(1);
});
