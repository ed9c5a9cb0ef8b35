import { expect, test } from 'vitest';

import { changedPaths } from './changed-paths.ts';

test.each<[string, unknown, unknown, readonly string[]]>([
  ['nothing', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
  ['a value', { a: 1, b: 2 }, { a: 1, b: 3 }, ['/b']],
  ['a member more and one less', { a: 1 }, { b: 1 }, ['/a', '/b']],
  ['an entry of a list', { a: [1, 2] }, { a: [1, 3, 4] }, ['/a/1', '/a/2']],
  ['another kind of value', { a: [] }, { a: {} }, ['/a']],
  ['the whole', 'x', { a: 1 }, ['']],
  ['a name with a slash', { 'a/b~': 1 }, { 'a/b~': 2 }, ['/a~1b~0']],
])('%s', (_name, before, after, paths) => {
  expect(changedPaths(before, after)).toEqual(paths);
});

test('the list of what changed is bounded', () => {
  const before = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, n]));
  expect(changedPaths(before, {})).toHaveLength(100);
});
