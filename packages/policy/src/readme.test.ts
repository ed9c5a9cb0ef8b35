import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { formatProblem, parseBundle } from './compile.ts';

const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const bundles = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

it('shows bundles', () => expect(bundles.length).toBeGreaterThan(1));

it.each(bundles)('shows a bundle that compiles: %.20s', (text) => {
  const result = parseBundle(text);
  expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
});
