import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { diffBundles } from './diff-bundles.ts';

const one = { id: 'one', match: { tool: 'a' }, verdict: 'flag' };
const two = { id: 'two', match: { arguments: [{ pointer: '/x', above: 1 }] }, verdict: 'block' };

test('says which rules came, went and changed, down to the value', () => {
  const before = { name: 'shop', revision: 1, rules: [one, two] };
  const stricter = { ...two, match: { arguments: [{ pointer: '/x', above: 0 }] }, mode: 'enforce' };
  const after = { name: 'shop', revision: 2, rules: [stricter, { ...one, id: 'three' }] };
  expect(diffBundles(before, after)).toEqual([
    { kind: 'removed', rule: 'one', written: one },
    { kind: 'added', rule: 'three', written: { ...one, id: 'three' } },
    {
      kind: 'changed',
      rule: 'two',
      values: [
        { path: 'match.arguments[0].above', before: 1, after: 0 },
        { path: 'mode', after: 'enforce' },
      ],
    },
  ]);
});

test('says that rules are in another order, and what else the bundle says', () => {
  const before = { name: 'shop', revision: 1, rules: [one, two], profiles: [{ id: 'p' }] };
  const after = { name: 'shop', revision: 2, rules: [two, one] };
  expect(diffBundles(before, after)).toEqual([
    { kind: 'order', rules: ['two', 'one'] },
    { kind: 'bundle', values: [{ path: 'profiles', before: [{ id: 'p' }] }] },
  ]);
});

test('revision and signatures are no difference, and a bundle does not differ from itself', () => {
  const content = { name: 'shop', rules: [one] };
  const numbered = { revision: 1, signatures: [1] };
  expect(diffBundles({ ...content, ...numbered }, content)).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (rules) => {
      expect(diffBundles({ rules }, structuredClone({ rules }))).toEqual([]);
    }),
  );
});

test('whatever is changed in a rule is found', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (rule, value) => {
      const changed = { ...rule, id: 'r', description: value };
      const before = { ...rule, id: 'r', description: ['before', value] };
      expect(diffBundles({ rules: [before] }, { rules: [changed] })).not.toEqual([]);
    }),
  );
});
