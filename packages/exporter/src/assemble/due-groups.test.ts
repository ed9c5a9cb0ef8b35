import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { DueGroups } from './due-groups.ts';
import { emptyGroup, type OpenGroup } from './open-group.ts';

type Step =
  | { readonly kind: 'set'; readonly group: number; readonly at: number }
  | { readonly kind: 'news' | 'forget'; readonly group: number }
  | { readonly kind: 'take'; readonly at: number };

const group = fc.nat(7);
const at = fc.oneof(fc.nat(50), fc.constant(Number.POSITIVE_INFINITY));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), group, at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('news', 'forget'), group }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), at: fc.nat(50) }) },
);

test('groups come when they are due, as a look at all of them would find them', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
      const open = new Set<OpenGroup>();
      const groups = Array.from({ length: 8 }, () => emptyGroup(0));
      for (const [index, one] of groups.entries()) one.newsOrder = index - groups.length;
      const due = new DueGroups(open);
      let news = 0;
      const taken: { readonly found: OpenGroup[]; readonly expected: OpenGroup[] }[] = [];
      for (const each of steps) {
        if (each.kind === 'take') {
          const expected = groups
            .filter(({ dueAt, forgotten }) => dueAt <= each.at && !forgotten)
            .sort((left, right) => left.newsOrder - right.newsOrder);
          const found = [...due.at(each.at)];
          taken.push({ expected, found });
          for (const one of found) due.set(one, Number.POSITIVE_INFINITY);
          continue;
        }
        const one = groups[each.group] as OpenGroup;
        if (each.kind === 'set') due.set(one, each.at);
        else if (each.kind === 'forget') one.forgotten = true;
        else {
          news += 1;
          one.newsOrder = news;
        }
      }
      const placesOf = (some: OpenGroup[]): number[] => some.map((one) => groups.indexOf(one));
      expect(taken.map(({ found }) => placesOf(found))).toEqual(
        taken.map(({ expected }) => placesOf(expected)),
      );
    }),
    { numRuns: 1000 },
  );
});

test('groups that are gone do not stay', () => {
  const due = new DueGroups(new Set());
  const kept = emptyGroup(0);
  due.set(kept, 5);
  for (let index = 0; index < 5000; index += 1) {
    const gone = emptyGroup(0);
    due.set(gone, 1_000_000);
    gone.forgotten = true;
    expect(due.size).toBeLessThan(1100);
  }
  expect(due.at(10)).toEqual([kept]);
});
