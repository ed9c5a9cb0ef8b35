import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { formatPointer, lookUp, parsePointer } from './index.ts';
import { replaceAt } from './pointer.ts';

it('reads the pointers of RFC 6901, section 5', () => {
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  };
  const cases: readonly (readonly [string, unknown])[] = [
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ];
  for (const [pointer, value] of cases) {
    expect(lookUp(document, parsePointer(pointer) ?? ['?'])).toEqual({ found: true, value });
  }
});

it.each(['a', 'a/b', '/~', '/~2', '/a~'])('%j is not a pointer', (text) => {
  expect(parsePointer(text)).toBeUndefined();
});

it('finds own members only', () => {
  for (const pointer of [
    '/toString',
    '/__proto__',
    '/constructor/name',
    '/list/length',
    '/list/00',
    '/list/-1',
    '/list/-',
    '/text/0',
  ]) {
    expect(lookUp({ list: [1], text: 'abc' }, parsePointer(pointer) ?? []).found).toBe(false);
  }
  expect(lookUp(JSON.parse('{"__proto__":{"a":1}}'), ['__proto__', 'a'])).toEqual({
    found: true,
    value: 1,
  });
});

it('writes what it reads', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('~', '/', '~1', ''))), (tokens) => {
      expect(parsePointer(formatPointer(tokens))).toEqual(tokens);
    }),
  );
});

it('replaces where it points, and nothing else', () => {
  const key = fc.oneof(fc.constantFrom('a', 'b', '__proto__', '0'), fc.string({ maxLength: 3 }));
  const value = fc.dictionary(key, fc.dictionary(key, fc.integer(), { maxKeys: 3 }), {
    maxKeys: 3,
  });
  fc.assert(
    fc.property(value, key, key, (root, first, second) => {
      const before = JSON.stringify(root);
      const next = replaceAt(root, [first, second], 'new');
      expect(lookUp(next, [first, second])).toEqual({ found: true, value: 'new' });
      expect(JSON.stringify(root)).toBe(before);
      const others = Object.keys(root).filter((other) => other !== first);
      for (const other of others) {
        expect(lookUp(next, [other])).toEqual({ found: true, value: root[other] });
      }
    }),
  );
});
