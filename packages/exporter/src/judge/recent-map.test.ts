import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { createRecentMap } from './recent-map.ts';

it('keeps the latest keys: as many as it is told to at least, twice as many at most', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 100 });
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 5 }), (asked, size) => {
      const map = createRecentMap(size, () => ({}));
      let latest: readonly string[] = [];
      for (const key of asked.map(String)) {
        const before = map.get(key);
        const value = map.take(key);
        expect(value).toBe(before ?? value);
        expect(map.get(key)).toBe(value);
        latest = [key, ...latest.filter((other) => other !== key)];
        const kept = latest.filter((each) => map.get(each) !== undefined);
        expect(kept.length).toBeLessThanOrEqual(2 * size);
        expect(kept.slice(0, size)).toEqual(latest.slice(0, size));
      }
    }),
  );
});
