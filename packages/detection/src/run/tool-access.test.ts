import { expect, it } from 'vitest';

import { toolWrites } from './tool-access.ts';

it.each([
  ['write_file', true],
  ['bash', true],
  ['read_file', false],
  ['web_search', false],
  ['zorp', undefined],
  ['', undefined],
])('what %s does is known or not: %s', (tool, writes) => {
  expect(toolWrites(tool)).toBe(writes);
});
