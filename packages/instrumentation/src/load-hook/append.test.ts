import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createDiagnostics } from '../diagnostics.ts';
import { BOOT_KEY } from '../runtime-key.ts';
import { appendWraps, isAppended } from './append.ts';
import { createBindings, type Bindings } from './bindings.ts';
import type { ModuleTarget } from './target.ts';

const site = { package: 'x', version: '1.0.0', format: 'module' } as const;
const file = /^x\.js$/;
const globals = globalThis as Record<symbol, unknown>;
const key = Symbol.for(BOOT_KEY);

let missed: string[] = [];
beforeEach(() => {
  missed = [];
  const bindings: Bindings = createBindings({
    adapt: ({ symbol }, original) => {
      if (symbol === 'unwelcome') throw new Error('of an adapter');
      const wrapped = function (this: unknown, ...args: never[]): unknown {
        return `wrapped ${String(Reflect.apply(original, this, args))}`;
      };
      return wrapped;
    },
    onMissed: ({ symbol }) => missed.push(symbol),
    diagnostics: createDiagnostics(() => undefined),
  });
  globals[key] = bindings;
});
afterEach(() => {
  globals[key] = undefined;
});

function append(
  source: string,
  module: Omit<ModuleTarget, 'file'>,
  format: 'module' | 'commonjs' = 'module',
): string {
  const result = appendWraps({ source, module: { file, ...module }, site: { ...site, format } });
  if (result.kind === 'missing') throw new Error(`missing: ${result.symbols.join(', ')}`);
  return result.source;
}

/** Runs it as an ES module and gives what it exports. */
async function runModule(source: string): Promise<Record<string, () => unknown>> {
  // What Node has run once under a URL it does not run again.
  const url = `data:text/javascript,${encodeURIComponent(source)}//${Math.random()}`;
  return (await import(/* @vite-ignore */ url)) as Record<string, () => unknown>;
}

/** Runs it as CommonJS does and gives what it exports. */
function runCommonJs(source: string, exports: object = {}): Record<string, () => unknown> {
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- this is how CommonJS runs a module
  new Function('exports', source)(exports);
  return exports as Record<string, () => unknown>;
}

describe('the appended line', () => {
  test('is one line after what was there, and leaves a comment at the end a comment', () => {
    const source = 'async function run() {}\n//# sourceMappingURL=x.map';
    const text = append(source, { functions: ['run'] });
    expect(text.startsWith(`${source}\n;`)).toBe(true);
    expect(text.split('\n')).toHaveLength(3);
    expect([isAppended(source), isAppended(text)]).toEqual([false, true]);
  });

  test('does nothing where the runtime is absent', () => {
    globals[key] = undefined;
    const source = append('function run() { return 1; }', { functions: ['run'] }, 'commonjs');
    expect(runCommonJs(`${source}exports.run = run;`)['run']?.()).toBe(1);
  });

  test('leaves names of the module alone, whatever they are', async () => {
    const source = 'const $w = 1;\nexport function run() { return $w; }\n';
    const module = await runModule(append(source, { functions: ['run'] }));
    expect([module['run']?.(), missed]).toEqual(['wrapped 1', []]);
  });

  test('never throws, whatever is in the text around it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const source = `/*${before.replaceAll('*/', '')}*/\nfunction run() {}\n//${after.replaceAll(/[\n\r\u2028\u2029]/g, '')}`;
        expect(() => runCommonJs(append(source, { functions: ['run'] }, 'commonjs'))).not.toThrow();
      }),
    );
  });
});

describe('a function', () => {
  test.each([
    'const run = () => {}',
    '  function run() {}',
    'function running() {}',
    '// function run()',
  ])('that is not declared is missing: %s', (source) => {
    const result = appendWraps({ source, module: { file, functions: ['run'] }, site });
    expect(result).toEqual({ kind: 'missing', symbols: ['run'] });
  });

  test('is rebound in CommonJS for what is called inside and what was exported before', () => {
    const source =
      'exports.run = run; exports.twice = () => run() + run();\nfunction run() { return 1; }';
    const exports = runCommonJs(append(source, { functions: ['run'] }, 'commonjs'));
    expect([exports['run']?.(), exports['twice']?.()]).toEqual(['wrapped 1', 'wrapped 1wrapped 1']);
    expect(missed).toEqual([]);
  });

  test('that a getter exports needs no second binding', () => {
    const source =
      "Object.defineProperty(exports, 'run', { get: () => run });\nfunction run() { return 1; }";
    const exports = runCommonJs(append(source, { functions: ['run'] }, 'commonjs'));
    expect([exports['run']?.(), missed]).toEqual(['wrapped 1', []]);
  });

  test.each([
    ['frozen', 'Object.freeze(exports);'],
    [
      'sealed and read-only',
      "Object.defineProperty(exports, 'run', { writable: false, configurable: false });",
    ],
  ])('whose exports are %s is told of, and the module is as it was', (_name, more) => {
    const source = `exports.run = run;${more}\nfunction run() { return 1; }`;
    const exports = runCommonJs(append(source, { functions: ['run'] }, 'commonjs'));
    expect([exports['run']?.(), missed]).toEqual([1, ['run']]);
  });

  test.each([
    [
      'whose text stands in a string',
      'const text = `\nfunction run() {}\n`; export const run = () => 1;\n',
    ],
    [
      'that has no binding of the module',
      'const text = `\nfunction run() {}\n`; export { text };\n',
    ],
  ])('%s is told of, and the module is as it was', async (_name, source) => {
    const module = await runModule(append(source, { functions: ['run'] }));
    expect(module['run']?.() ?? 1).toBe(1);
    expect(missed).toEqual(['run']);
  });

  test('whose adapter throws is told of, and stays as it was', async () => {
    const source = append('export function unwelcome() { return 1; }', {
      functions: ['unwelcome'],
    });
    expect((await runModule(source))['unwelcome']?.()).toBe(1);
    expect(missed).toEqual(['unwelcome']);
  });
});

describe('a method', () => {
  const methods = ['Client.prototype.call', 'Client.make'];
  const body = '{ static make() { return 1; } call() { return 2; } }';
  const outcome = 'export const make = () => Client.make(), call = () => new Client().call();\n';

  test.each([
    `class Client ${body}\n`,
    `export class Client ${body}\n`,
    `export default class Client extends Object ${body}\n`,
    `var Client = class ${body}\n`,
    `let Client = class Client ${body}\n`,
    `var Client = /* @__PURE__ */ (() => {\n  class Client ${body}\n  return Client;\n})();\n`,
    `import 'node:fs';\nvar Client = class Client ${body}; export { Client as a, Client as default };\n`,
  ])('is wrapped in its class: %s', async (source) => {
    const module = await runModule(append(source + outcome, { methods }));
    expect([module['make']?.(), module['call']?.()]).toEqual(['wrapped 1', 'wrapped 2']);
    expect(missed).toEqual([]);
  });

  test('is wrapped in CommonJS, and stays hidden from enumeration', () => {
    const source = `class Client ${body}\nexports.Client = Client;`;
    const { Client } = runCommonJs(append(source, { methods }, 'commonjs'));
    const prototype = Client?.prototype as Record<string, () => unknown>;
    expect([prototype['call']?.(), Object.keys(prototype)]).toEqual(['wrapped 2', []]);
  });

  test.each([
    ['no such class', 'class Other { call() {} }'],
    ['a class of a longer name', 'class Client$1 { call() {} }'],
    ['a class that is not of the top level', 'if (true) {\n  class Client { call() {} }\n}'],
    ['no such method', 'class Client { recall() {} }'],
  ])('is missing: %s', (_name, source) => {
    const module = { file, methods: ['Client.prototype.call'] };
    const result = appendWraps({ source, module, site });
    expect(result).toEqual({ kind: 'missing', symbols: ['Client.prototype.call'] });
  });

  test.each([
    ['its prototype is frozen', `class Client ${body}\nObject.freeze(Client.prototype);`, 2],
    [
      'it cannot be configured',
      `class Client ${body}\nObject.defineProperty(Client.prototype, 'call', { writable: false, configurable: false });`,
      2,
    ],
    ['it is inherited', `class Base ${body}\nclass Client extends Base {}`, 2],
    ['it is a getter', 'class Client { get call() { return () => 2; } }\n// call()', 2],
    [
      'a proxy stands in its place and throws',
      `class Client ${body}\nconst real = Client; Client = new Proxy(real, { get(target, name) { if (name === 'prototype' && !open) throw new Error('of a proxy'); return Reflect.get(target, name); } }); let open = false; const look = () => { open = true; };`,
      2,
    ],
    [
      'a proxy refuses',
      `function Real() {}\nReal.prototype.call = () => 2;\nclass Client { call() {} }\nClient = new Proxy(Real, { get: (target, name) => name === 'prototype' ? new Proxy(target.prototype, { defineProperty: () => false }) : Reflect.get(target, name) });`,
      2,
    ],
  ])('is told of where %s, and the module is as it was', async (_name, source, expected) => {
    const end = `\nexport const call = () => { ${source.includes('look') ? 'look();' : ''} return new Client().call(); };\n`;
    const module = await runModule(append(source + end, { methods: ['Client.prototype.call'] }));
    expect([module['call']?.(), missed]).toEqual([expected, ['Client.prototype.call']]);
  });

  test('of a class that is not ready is told of, and the module fails by itself or not at all', () => {
    const source =
      'exports.name = () => 1; if (exports.name) return;\nclass Client { call() {} }\n';
    const exports = runCommonJs(append(source, { methods: ['Client.prototype.call'] }, 'commonjs'));
    expect(exports['name']?.()).toBe(1);
  });
});

describe('an export of a minified module', () => {
  test.each([
    'function a(){return 1}function b(){}export{a as query,b as other};',
    'async function b(){}function $a(){return 1}export{b as other,$a as query}',
    'function query(){return 1}export{query};',
    'function query(){return 1}function z(){}export{z,query,z as y};',
  ])('is wrapped, whatever its function is called: %s', async (source) => {
    const module = await runModule(append(source, { exports: ['query'] }));
    expect([module['query']?.(), missed]).toEqual(['wrapped 1', []]);
  });

  test.each([
    'const a=()=>1;export{a as query};',
    'function a(){}export{a as queryAll};',
    'function query(){}',
  ])('is missing where it is no function declaration: %s', (source) => {
    const result = appendWraps({ source, module: { file, exports: ['query'] }, site });
    expect(result).toEqual({ kind: 'missing', symbols: ['query'] });
  });

  test('may be optional', () => {
    const source = 'function a(){return 1}export{a as query};';
    const module = { file, exports: ['query'], optionalExports: ['later'] };
    expect(appendWraps({ source, module, site })).toMatchObject({ symbols: ['query'] });
  });
});
