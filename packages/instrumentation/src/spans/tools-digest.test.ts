import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createGuardFixture, newScope, rule } from '../testing/guard-fixture.ts';
import { toolsDigest } from './tools-digest.ts';

const refund = {
  name: 'refund',
  description: 'Gives money back.',
  inputSchema: { type: 'object' },
};
const lookup = { name: 'lookup', inputSchema: { type: 'object', required: ['id'] } };

test('the digest of tools is the same in any order, of tools and of members', () => {
  const tools = fc.uniqueArray(
    fc.record({ name: fc.string(), description: fc.string(), inputSchema: fc.jsonValue() }),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(tools, (all) => {
      const turned = all
        .toReversed()
        .map(({ inputSchema, name, description }) => ({ inputSchema, description, name }));
      expect(toolsDigest(turned)).toBe(toolsDigest(all));
    }),
  );
});

test.each([
  ['another name', { name: 'pay' }],
  ['another description', { description: 'Takes money.' }],
  ['another schema', { inputSchema: { type: 'string' } }],
])('%s is another digest', (_what, change) => {
  expect(toolsDigest([{ ...refund, ...change }, lookup])).not.toBe(toolsDigest([refund, lookup]));
});

test('one tool more is another digest, and no tool has one too', () => {
  const all = [[], [refund], [refund, lookup]].map(toolsDigest);
  expect(new Set(all).size).toBe(3);
});

test('a rule that pins the tools lets those go on that were reviewed, and no others', async () => {
  const fixture = createGuardFixture();
  const pinned = { toolsDigest: toolsDigest([refund]) };
  await fixture.enforce([rule('block', { match: { tool: 'refund', pinned } })]);
  const call = async (seen: string | undefined): Promise<unknown> => {
    const versions = seen === undefined ? {} : { toolsDigest: seen };
    const scope = { ...newScope(), versions };
    return fixture.guard
      .call(fixture.call({ scope }), { execute: () => 'ran' })
      .catch((error: { code?: string }) => error.code);
  };
  expect(await call(toolsDigest([refund]))).toBe('ran');
  expect(await call(toolsDigest([refund, lookup]))).toBe('call_refused');
  expect(await call(undefined)).toBe('call_refused');
});
