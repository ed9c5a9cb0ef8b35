import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatProblem } from './bundle-problem.ts';
import { parseBundleFiles } from './parse-bundle.ts';
import { readBundle, type BundleFile } from './read-bundle.ts';

const head: BundleFile = { file: 'bundle.yaml', text: 'name: shop\nrevision: 4\n' };

function problemsOf(files: readonly BundleFile[]): readonly string[] {
  const result = parseBundleFiles(files);
  return result.ok ? [] : result.problems.map(formatProblem);
}

describe('several files', () => {
  test('are one bundle: lists joined in the order of names, whatever order they come in', () => {
    const result = parseBundleFiles([
      { file: '20-sql.yaml', text: 'rules:\n  - { id: sql, match: {}, verdict: flag }' },
      head,
      { file: '10-refunds.json', text: '{"rules":[{"id":"refunds","match":{},"verdict":"flag"}]}' },
    ]);
    expect(result.ok && result.bundle.rules.map(({ id }) => id)).toEqual(['refunds', 'sql']);
    expect(result.ok && result.policy.revision).toBe(4);
  });

  test('are refused with every problem of every file, by its line', () => {
    const problems = problemsOf([
      head,
      { file: 'a.yaml', text: 'rules:\n  - id: one\n    match: {}\n    verdict: stop\n' },
      {
        file: 'b.yaml',
        text: 'rules:\n  - { id: one, match: {}, verdict: flag }\n  - id: three\n    mach: {}\n',
      },
    ]);
    expect(problems.map((problem) => problem.split(': ')[0])).toEqual([
      'a.yaml:4:14',
      'b.yaml:3:5',
      'b.yaml:3:5',
      'b.yaml:4:11',
    ]);
  });

  test('say where the same id stands twice', () => {
    const rules = 'rules:\n  - { id: one, match: {}, verdict: flag }\n';
    const [problem] = problemsOf([
      head,
      { file: 'c.yaml', text: rules },
      { file: 'd.yaml', text: rules },
    ]);
    expect(problem).toMatch(/^d\.yaml:2:11: .*taken/);
  });

  test('hold every member that is no list once', () => {
    const problems = problemsOf([head, { file: 'x.yaml', text: 'revision: 5\nrules: []\n' }]);
    expect(problems).toEqual([
      'x.yaml:1:11: revision: "revision" stands in bundle.yaml too; lists are joined, everything else stands in one file',
    ]);
    expect(problemsOf([head, { file: 'x.yaml', text: '- id: one\n' }])).toEqual([
      expect.stringMatching(/^x\.yaml:1:1: a file of a bundle holds members/),
    ]);
  });

  test('are all read before one is refused for its syntax', () => {
    const problems = problemsOf([
      { file: 'a.yaml', text: 'rules: [' },
      { file: 'b.yaml', text: '"' },
      { file: 'c.yaml', text: '' },
    ]);
    expect(new Set(problems.map((problem) => problem.slice(0, 6)))).toEqual(
      new Set(['a.yaml', 'b.yaml', 'c.yaml']),
    );
  });

  test('that lack a member are told so at the first of them', () => {
    expect(problemsOf([head, { file: 'x.yaml', text: 'profiles: []' }])).toEqual([
      expect.stringMatching(/^bundle\.yaml:1:1: rules: is missing/),
    ]);
  });

  test('none, too many or too long ones are refused', () => {
    expect(problemsOf([])).toEqual(['there is no file of a bundle']);
    const many = Array.from({ length: 1001 }, (_, index) => ({ file: `${index}`, text: '{}' }));
    expect(problemsOf(many)).toEqual([expect.stringContaining('1001 files')]);
    const long = { file: 'x', text: ' '.repeat(4_000_001) };
    expect(problemsOf([long, { ...long, file: 'y' }])).toEqual([
      expect.stringContaining('8000002 characters'),
    ]);
  });
});

test('however rules are spread over files, the bundle is the same as in one file', () => {
  const rule = fc.record({
    id: fc.stringMatching(/^[a-z]{1,8}$/),
    match: fc.record({ tool: fc.constantFrom('a', 'b') }),
    verdict: fc.constantFrom('flag', 'block'),
  });
  fc.assert(
    fc.property(fc.uniqueArray(rule, { selector: ({ id }) => id }), fc.nat(), (rules, seed) => {
      const cut = rules.length === 0 ? 0 : seed % rules.length;
      const parts = [rules.slice(0, cut), rules.slice(cut)];
      const files = parts.map((part, index) => ({
        file: `${index}.json`,
        text: JSON.stringify({ rules: part }),
      }));
      const whole = readBundle([
        { file: 'z', text: JSON.stringify({ name: 'shop', revision: 4, rules }) },
      ]);
      const spread = readBundle([head, ...files]);
      expect(spread.ok && spread.written).toEqual(whole.ok && whole.written);
    }),
  );
});

describe('members of one name', () => {
  test.each([
    ['YAML', 'rules: []\n"rules": [1]\n', '2:1'],
    ['JSON', '{"rules":[],"a":{"b":1,"b":2}}', '1:24'],
    ['a number and a text', 'a: { 1: x, "1": y }\n', '1:12'],
  ])('are refused, in %s', (_name, text, place) => {
    expect(problemsOf([{ text }])).toEqual([`${place}: Map keys must be unique`]);
  });

  test('are looked for, and what is wrong is found, in time that grows with the text', () => {
    const text = Array.from({ length: 30_000 }, (_, index) => `key_${index}: 1`).join('\n');
    const problems = problemsOf([{ text }]);
    expect(problems.at(-1)).toMatch(/^30000:\d+: key_29999: unknown key/);
  });
});
