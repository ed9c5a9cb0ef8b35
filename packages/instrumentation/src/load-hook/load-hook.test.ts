import { describe, expect, test } from 'vitest';

import { loadHookKind } from './node-versions.ts';
import { locateModule, type FrameworkTarget } from './target.ts';
import { isIn, majors, rangesText } from './versions.ts';

const framework: FrameworkTarget = {
  package: '@scope/agents',
  versions: majors(1),
  modules: [{ file: /^dist\/tool\.m?js$/, functions: ['run'] }],
};

describe('a module', () => {
  test.each([
    'file:///app/node_modules/@scope/agents/dist/tool.mjs',
    'file:///app/node_modules/.pnpm/@scope+agents@1.0.0/node_modules/@scope/agents/dist/tool.js?v=1#x',
    'file:///app/node_modules/other/node_modules/@scope/agents/dist/tool.js',
  ])('is found where package managers put it: %s', (url) => {
    const located = locateModule(url, [framework]);
    expect(located?.packageUrl).toMatch(/node_modules\/@scope\/agents\/$/);
  });

  test.each([
    'node:fs',
    'data:text/javascript,1',
    'file:///app/src/tool.js',
    'file:///app/node_modules/@scope/agents-extra/dist/tool.js',
    'file:///app/node_modules/@scope/agents/dist/other.js',
    'file:///app/node_modules/@scope/agents/node_modules/zod/dist/tool.js',
  ])('of another is left alone: %s', (url) => {
    expect(locateModule(url, [framework])).toBeUndefined();
  });
});

test.each([
  ['1.0.0', true],
  ['1.9.3-beta.1', true],
  ['0.9.9', false],
  ['2.0.0', false],
  ['5.3.0', true],
  ['unknown', false],
])('version %s lies in the ranges: %s', (version, expected) => {
  const ranges = [...majors(1), { from: '5.2.0', below: '5.4.0' }];
  expect(isIn(version, ranges)).toBe(expected);
  expect(rangesText(ranges)).toBe('>=1.0.0 <2.0.0 || >=5.2.0 <5.4.0');
});

test.each([
  ['20.20.2', 'none'],
  ['22.14.0', 'none'],
  ['22.15.0', 'loader-thread'],
  ['22.22.2', 'loader-thread'],
  ['22.22.3', 'in-thread'],
  ['v22.23.0', 'in-thread'],
  ['23.11.0', 'loader-thread'],
  ['24.11.0', 'loader-thread'],
  ['24.11.1', 'in-thread'],
  ['24.21.0', 'in-thread'],
  ['25.0.0', 'loader-thread'],
  ['25.1.0', 'in-thread'],
  ['26.0.0', 'in-thread'],
  ['27.0.0-nightly1', 'in-thread'],
])('load hooks on Node %s: %s', (version, kind) => {
  expect(loadHookKind(version)).toBe(kind);
});
