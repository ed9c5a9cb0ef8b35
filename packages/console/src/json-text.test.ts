import { assert, jsonValue, property } from 'fast-check';
import { expect, test } from 'vitest';

import { jsonText } from './json-text.ts';

test('what fits stands on one line, what does not is indented', () => {
  expect(jsonText({ a: 1 })).toBe('{"a":1}');
  expect(jsonText({ a: 'x'.repeat(90) })).toBe(`{\n  "a": "${'x'.repeat(90)}"\n}`);
});

test('it is the same value, whatever it is', () => {
  assert(
    property(jsonValue(), (value) => {
      expect(JSON.parse(jsonText(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('deep values do not grow by their indentation', () => {
  const deep = JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`) as unknown;
  expect(jsonText(deep)).toHaveLength(4000);
  const brackets = { text: '['.repeat(2000) };
  expect(jsonText(brackets)).toContain('\n');
});
