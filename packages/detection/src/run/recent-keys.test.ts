import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { createRecentKeys } from './recent-keys.ts';

it('knows exactly the keys that were seen last, as a list with the newest at its end would', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 60 }),
      (limit, keys) => {
        const recent = createRecentKeys(limit);
        let list: readonly string[] = [];
        for (const key of keys) {
          expect(recent.see(key)).toBe(list.includes(key));
          list = [...list.filter((other) => other !== key), key].slice(-limit);
        }
      },
    ),
  );
});
