import { expect, test } from 'vitest';

import { parseTrees, type ConfigEntry } from './config-tree.ts';

function treeOf(text: string): ConfigEntry {
  const parsed = parseTrees({ text, path: [], linesBefore: 0 });
  const [root] = parsed.ok ? parsed.roots : [];
  if (root === undefined) throw new Error('nothing can be read');
  return root;
}

test('sections are merged from an anchor, and from a list of them, of which the first wins', () => {
  const root = treeOf(`
one: &one { a: 1, b: 1 }
two: &two { b: 2, c: 2 }
single: { <<: *one, b: 3 }
several: { <<: [*one, *two] }
`);
  const read = (name: string): unknown =>
    Object.fromEntries((root.get(name)?.entries() ?? []).map((entry) => [entry.name, entry.value]));
  expect(read('single')).toEqual({ a: 1, b: 3 });
  expect(read('several')).toEqual({ a: 1, b: 1, c: 2 });
});

test('anchors that hold each other, or themselves, come to an end', () => {
  const root = treeOf('x: &a { <<: &b { <<: *a, k: 1 } }\nexporters: { <<: *a }\n');
  expect(
    root
      .get('exporters')
      ?.entries()
      .map(({ name }) => name),
  ).toEqual(['k']);
  expect(treeOf('x: &l [{ <<: *l }]\ny: { <<: *l }\n').get('y')?.entries()).toEqual([]);
});

test('anchors that hold one another many times are read once', () => {
  // Read as often as they are named it would be a thousand million times: the test would run into its own time limit.
  const levels = Array.from(
    { length: 30 },
    (_, level) => `x${level + 1}: &a${level + 1}
  <<: [*a${level}, *a${level}]
  k${level + 1}: 1`,
  );
  const root = treeOf(['x0: &a0 { k0: 1 }', ...levels, 'exporters: { <<: *a30 }'].join('\n'));
  expect(root.get('exporters')?.entries()).toHaveLength(31);
});

test('an alias stands for the last anchor of its name before it', () => {
  const root = treeOf('a: &x 1\nb: *x\nc: &x 2\nd: *x\n');
  expect(['b', 'd'].map((name) => root.get(name)?.value)).toEqual([1, 2]);
});

test.each([
  ['${env:A:-5}', 5],
  ['${env:A:-true}', true],
  ['${env:A:-}', null],
  ['${env:A:-*b}', '*b'],
  ['${env:A:-[1]}', '[1]'],
])('the default of %s is known', (text, value) => {
  expect(treeOf(`a: '${text}'`).get('a')?.value).toBe(value);
});

test('what only looks like the beginning of many variables is read at once', () => {
  // Read again from each beginning it would take minutes: the test would run into its own time limit.
  for (const beginning of ['${', '${a:-', '${env:']) {
    const entry = treeOf(`a: "${beginning.repeat(100_000)}"`).get('a');
    expect(entry?.isElsewhere).toBe(true);
  }
});
