import { expect, test } from 'vitest';
import { parseDocument, visit } from 'yaml';

import { aliasWeight } from './alias-weight.ts';
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

/** Anchors, each of which holds the one before twice. */
const doubling = (levels: number): string =>
  [
    'x0: &a0 { k0: 1 }',
    ...Array.from(
      { length: levels },
      (_, level) => `x${level + 1}: &a${level + 1}
  <<: [*a${level}, *a${level}]
  k${level + 1}: 1`,
    ),
    `exporters: { <<: *a${levels} }`,
  ].join('\n');

test('anchors that hold one another are read once', () => {
  expect(treeOf(doubling(10)).get('exporters')?.entries()).toHaveLength(11);
});

test.each([
  ['anchors that double', doubling(30)],
  [
    'a long list, named often',
    `a: &a [${'x,'.repeat(2000)}]\nservice: { pipelines: {${Array.from({ length: 2000 }, (_, index) => `traces/${index}: { exporters: *a }`).join(', ')}}}`,
  ],
])('a file whose aliases stand for more than can be gone through is refused: %s', (_, text) => {
  expect(parseTrees({ text, path: [], linesBefore: 0 })).toMatchObject({
    ok: false,
    message: expect.stringContaining('aliases stand for more than 100000 values') as string,
  });
});

test('what is written counts for nothing, what an alias stands for each time', () => {
  const plain = `a:\n${'- x\n'.repeat(1000)}`;
  const weightOf = (text: string): number => {
    const document = parseDocument(text);
    const targets = new Map<unknown, unknown>();
    visit(document, { Alias: (_, node) => void targets.set(node, node.resolve(document)) });
    return aliasWeight(document.contents, targets);
  };
  expect(weightOf(plain)).toBe(0);
  // The list and its three items, twice.
  expect(weightOf('a: &a [1, 2, 3]\nb: [*a, *a]')).toBe(8);
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
