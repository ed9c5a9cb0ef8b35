import { describe, expect, test } from 'vitest';

import { appendWraps } from './append.ts';
import { loadHookKind } from './node-versions.ts';
import { createLocate, type FrameworkTarget } from './target.ts';
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
    const located = createLocate([framework])(url);
    expect(located?.packageUrl).toMatch(/node_modules\/@scope\/agents\/$/);
  });

  test.each([
    'node:fs',
    'data:text/javascript,1',
    'file:///app/src/tool.js',
    'file:///app/node_modules/@scope/agents-extra/dist/tool.js',
    'file:///app/node_modules/@scope',
    'file:///app/node_modules/agents',
    'https://example.com/node_modules/@scope/agents/dist/tool.js',
    'file:///app/node_modules/@scope/agents/node_modules/zod/dist/tool.js',
  ])('of another is left alone: %s', (url) => {
    expect(createLocate([framework])(url)).toBeUndefined();
  });
});

test('another file of a known package is none of its targets', () => {
  const located = createLocate([framework])('file:///app/node_modules/@scope/agents/dist/other.js');
  expect(located).toMatchObject({ known: [framework], candidates: [] });
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

test('ranges are told in order, those that touch as one', () => {
  const split = { from: '7.0.154', below: '8.0.0' };
  const ranges = [split, { from: '7.0.0', below: '7.0.154' }, ...majors(9, 5, 6)];
  expect(rangesText(ranges)).toBe('>=5.0.0 <8.0.0 || >=9.0.0 <10.0.0');
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

describe('what is wrapped besides functions of the top level', () => {
  const site = { package: 'x', version: '1.0.0', format: 'module' } as const;
  const file = /^x\.js$/;

  test.each([
    'class Messages {\n  create() {}\n}',
    'export class Messages extends Base {\n  create() {}\n}',
    'var Messages = class {\n  create() {}\n}',
    'export var Messages = /* @__PURE__ */ (() => {\n  class Messages {\n    create() {}\n  }\n  return Messages;\n})();',
  ])('a method of a class, however the class is made: %s', (source) => {
    const module = { file, methods: ['Messages.prototype.create'] };
    const result = appendWraps({ source, module, site });
    expect(result).toMatchObject({ kind: 'appended', symbols: ['Messages.prototype.create'] });
  });

  test.each([
    ['function query(){}\nexport {\n  tool,\n  query,\n  other\n};', 'query=$aftertrace$.wrap('],
    ['function Q$(){}export{a as tool,Q$ as query,b as other};', 'Q$=$aftertrace$.wrap('],
    ['async function q(){}export{q as query}', 'q=$aftertrace$.wrap('],
  ])('what a module exports under a name: %s', (source, rebound) => {
    const module = { file, exports: ['query'], optionalExports: ['startup'] };
    const result = appendWraps({ source, module, site });
    expect(result).toMatchObject({ kind: 'appended', symbols: ['query'] });
    expect(result.kind === 'appended' && result.source).toContain(rebound);
  });

  test('what only some versions export is wrapped where it is there', () => {
    const module = { file, exports: ['query'], optionalExports: ['startup'] };
    const source = 'function q(){}function s(){}export{q as query,s as startup}';
    const result = appendWraps({ source, module, site });
    expect(result).toMatchObject({ symbols: ['query', 'startup'] });
  });

  test.each(['const q=()=>{};export{q as query}', 'function query(){}export{a as subquery}'])(
    'nothing that cannot be bound again, and nothing that only looks like it: %s',
    (source) => {
      const result = appendWraps({ source, module: { file, exports: ['query'] }, site });
      expect(result).toEqual({ kind: 'missing', symbols: ['query'] });
    },
  );
});
