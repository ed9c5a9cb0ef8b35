import { describe, expect, test } from 'vitest';

import { appendWraps } from './append.ts';
import { supportsLoadHooks } from './node-versions.ts';
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

describe('the appended line', () => {
  const module = { file: /^x\.js$/, functions: ['run'] };
  const site = { package: 'x', version: '1.0.0', format: 'module' } as const;
  const commonjs = { ...site, format: 'commonjs' } as const;
  test('adds one line after what was there, and leaves a comment at the end a comment', () => {
    const source = 'async function run() {}\n//# sourceMappingURL=x.map';
    const result = appendWraps({ source, module, site });
    const text = result.kind === 'appended' ? result.source : '';
    expect(text.startsWith(`${source}\n;`)).toBe(true);
    expect(text.split('\n')).toHaveLength(3);
  });

  test.each([
    'const run = () => {}',
    '  function run() {}',
    'function running() {}',
    '// function run()',
  ])('is not added where the function is not declared: %s', (source) => {
    const result = appendWraps({ source, module, site });
    expect(result).toEqual({ kind: 'missing', symbols: ['run'] });
  });

  test('rebinds in CommonJS what is called inside and what was exported before', () => {
    const source =
      'exports.run = run; exports.twice = () => run() + run();\nfunction run() { return 1; }';
    const result = appendWraps({ source, module, site: commonjs });
    if (result.kind === 'missing') throw new Error('missing');
    const key = Symbol.for('aftertrace.instrumentation.v1');
    const globals = globalThis as Record<symbol, unknown>;
    const before = globals[key];
    globals[key] = {
      wrap: (_site: unknown, original: () => number) => () => original() + 10,
    };
    try {
      const exports: { run?: () => number; twice?: () => number } = {};
      // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- this is how CommonJS runs a module
      new Function('exports', result.source)(exports);
      expect([exports.run?.(), exports.twice?.()]).toEqual([11, 22]);
    } finally {
      globals[key] = before;
    }
  });

  test('does nothing where the runtime is absent', () => {
    const result = appendWraps({
      source: 'function run() { return 1; }',
      module,
      site: commonjs,
    });
    if (result.kind === 'missing') throw new Error('missing');
    const source = result.source.replaceAll('aftertrace.instrumentation.v1', 'aftertrace.absent');
    // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- this is how CommonJS runs a module
    expect(new Function('exports', `${source}return run();`)({})).toBe(1);
  });
});

test.each([
  ['20.20.2', false],
  ['22.15.0', false],
  ['22.22.2', false],
  ['22.22.3', true],
  ['v22.23.0', true],
  ['23.11.0', false],
  ['24.11.0', false],
  ['24.11.1', true],
  ['24.21.0', true],
  ['25.0.0', false],
  ['25.1.0', true],
  ['26.0.0', true],
  ['27.0.0-nightly1', true],
])('load hooks on Node %s: %s', (version, supported) => {
  expect(supportsLoadHooks(version)).toBe(supported);
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
    ['function query(){}\nexport {\n  tool,\n  query,\n  other\n};', 'query=$w.wrap('],
    ['function Q$(){}export{a as tool,Q$ as query,b as other};', 'Q$=$w.wrap('],
    ['async function q(){}export{q as query}', 'q=$w.wrap('],
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
