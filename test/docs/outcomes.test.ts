import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { runRuleInfos, toolRules } from '@aftertrace/detection';

import { OUTCOMES_FILE, outcomesPage } from './outcomes.ts';
import { codeSpan, showValue } from './show-value.ts';

test('the committed page of outcomes is what the rules give; else run `pnpm docs:outcomes`', async () => {
  expect(readFileSync(OUTCOMES_FILE, 'utf8')).toBe(await outcomesPage());
});

test('the page has every rule, and no path of the machine that made it', async () => {
  const page = await outcomesPage();
  for (const { id } of [...toolRules, ...runRuleInfos]) expect(page).toContain(`### \`${id}\`\n`);
  expect(page).not.toContain(process.cwd());
  expect(page).not.toMatch(/(?!\n)\p{Cc}/u);
});

test.each([
  ['a'.repeat(200), `"${'a'.repeat(55)}" … 90 characters … "${'a'.repeat(55)}"`],
  [
    { a: 1, 'b-c': [null, undefined], d: new Map([[1, 2n]]) },
    '{ a: 1, "b-c": [null, undefined], d: new Map([[1, 2n]]) }',
  ],
  [Object.assign(new TypeError('no'), { code: 7 }), 'new TypeError("no") with { code: 7 }'],
  [[1, 2, 3, 4, 5, 6, 7, 8], '[1, 2, 3, 4, 5, 6, … 2 more]'],
  [{}, '{}'],
  [
    {
      get x(): never {
        throw new Error('no');
      },
    },
    '{ x: Symbol() }',
  ],
])('a value is shown in one line: %#', (value, text) => {
  expect(showValue(value)).toBe(text);
});

test('code with backticks stays code', () => {
  expect(codeSpan('a `b` ``c``')).toBe('``` a `b` ``c`` ```');
  expect(codeSpan('plain')).toBe('`plain`');
});
