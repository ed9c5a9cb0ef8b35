import type { Redaction } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  applyRedactions,
  applyTransforms,
  detect,
  redactText,
  type DetectorName,
} from './index.ts';
import { boom, unreadable } from './testing/make.ts';

function redaction(pointer: string, detectors?: DetectorName[]): Redaction {
  return {
    in: 'arguments',
    pointer,
    replacement: '[REDACTED]',
    ...(detectors === undefined ? {} : { detect: detectors }),
  };
}

function found(text: string, detector: DetectorName): readonly string[] {
  return detect(text, detector).map(([start, end]) => text.slice(start, end));
}

describe('detectors', () => {
  it.each<readonly [string, readonly string[]]>([
    [
      'write to ana@example.com, or (bob.b+x@mail.example.org).',
      ['ana@example.com', 'bob.b+x@mail.example.org'],
    ],
    ['<a@b.co>;c@d.co', ['a@b.co', 'c@d.co']],
    ['jörg@bücher.example', ['jörg@bücher.example']],
    ['a@b@c.example', ['b@c.example']],
    ['npm i @scope/name @ home, a@b, a@1.2.3.4, user@localhost', []],
    ['@@@@', []],
  ])('email in %j', (text, expected) => {
    expect(found(text, 'email')).toEqual(expected);
  });

  it.each<readonly [string, readonly string[]]>([
    ['4111111111111111', ['4111111111111111']],
    ['pay 4111 1111 1111 1111 12/28', ['4111 1111 1111 1111']],
    ['5500-0000-0000-0004, 378282246310005', ['5500-0000-0000-0004', '378282246310005']],
    ['4111 1111 1111 1111 2028', ['4111 1111 1111 1111']],
    ['4111111111111112', []],
    ['order 1700000000000 at 12345678901234567890123', []],
    ['94111111111111111', []],
    ['4111  1111 1111 1111', []],
  ])('card in %j', (text, expected) => {
    expect(found(text, 'card')).toEqual(expected);
  });

  it.each<readonly [string, readonly string[]]>([
    ['key sk-abcdefghijklmnopqrstuv.', ['sk-abcdefghijklmnopqrstuv']],
    [
      'https://x.example/ghp_abcdefghijklmnopqrstuvwxyz0123456789',
      ['ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    ],
    ['AKIAABCDEFGHIJKLMNOP', ['AKIAABCDEFGHIJKLMNOP']],
    ['Authorization: Bearer abcdef.ghijkl/mnop==', ['abcdef.ghijkl/mnop==']],
    ['curl -H "authorization: basic dXNlcjpwYXNz"', ['dXNlcjpwYXNz']],
    ['bearer abcdefghijklmnop', ['abcdefghijklmnop']],
    [
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-na_ture',
      ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-na_ture'],
    ],
    ['password=p@ss!word&x=1', ['p@ss!word']],
    ['{"api_key": "a b c", "x": 1}', ['a b c']],
    ["client-secret => 'x'", ['x']],
    ['postgres PASSWORD: hunter2, next', ['hunter2']],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest',
      ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----'],
    ],
    ['-----BEGIN PRIVATE KEY-----\ncut off', ['-----BEGIN PRIVATE KEY-----\ncut off']],
    ['-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----', []],
    ['the password is long; a task-based sk-ill; a bearer of news', []],
    ['eyJust a word.', []],
  ])('secret in %j', (text, expected) => {
    expect(found(text, 'secret')).toEqual(expected);
  });

  it('give ranges in order, without overlap, and nothing is left for a second pass', () => {
    const piece = fc.constantFrom(
      'a@b.example',
      '4111 1111 1111 1111',
      'password=',
      'Bearer ',
      'sk-abcdefghijklmnopqrstuv',
      ' ',
      '"',
      '@',
      '.',
      '-----BEGIN PRIVATE KEY-----',
      '-----END ',
      '1',
      '=',
      '[REDACTED]',
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        text,
        fc.constantFrom<DetectorName>('email', 'card', 'secret'),
        (value, detector) => {
          let last = 0;
          for (const [start, end] of detect(value, detector)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            last = end;
          }
          expect(last).toBeLessThanOrEqual(value.length);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('take time that is linear in the text', () => {
    const hostile = [
      'a@',
      '1 ',
      '4111',
      'password=',
      'eyJaaaaaaaaaa.',
      'eyJaaaaaaaaaaaa-',
      '-----BEGIN PRIVATE',
      'bearer ',
      'x.',
      '@',
      '"secret":"',
    ];
    const started = performance.now();
    for (const piece of hostile) {
      const text = piece.repeat(Math.ceil(500_000 / piece.length));
      for (const detector of ['email', 'card', 'secret'] as const) detect(text, detector);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('applyRedactions', () => {
  it('replaces a value as a whole, or what is found below it, and copies only the way there', () => {
    const value = {
      to: 'a@b.example',
      list: [{ note: 'x' }, { card: 4111111111111111 }],
      keep: { deep: 1 },
    };
    const result = applyRedactions(value, [
      redaction('/list/0/note'),
      redaction('', ['email', 'card']),
    ]);
    expect(result.value).toEqual({
      to: '[REDACTED]',
      list: [{ note: '[REDACTED]' }, { card: '[REDACTED]' }],
      keep: { deep: 1 },
    });
    expect(result.paths).toEqual(['/list/0/note', '/to', '/list/1/card']);
    expect(result.counts).toEqual({ pointer: 1, email: 1, card: 1 });
    expect((result.value as typeof value).keep).toBe(value.keep);
    expect(value).toEqual({
      to: 'a@b.example',
      list: [{ note: 'x' }, { card: 4111111111111111 }],
      keep: { deep: 1 },
    });
  });

  it('gives the same value back where nothing is found', () => {
    const value = { a: [1, 'x'] };
    expect(
      applyRedactions(value, [redaction('/b'), redaction('', ['email']), redaction('/a/length')]),
    ).toEqual({ value, paths: [], counts: {} });
    expect(applyRedactions(value, [redaction('', ['secret'])]).value).toBe(value);
  });

  it('looks into JSON text and gives JSON text back', () => {
    expect(applyRedactions('{"card":"4111111111111111","n":1}', [redaction('/card')]).value).toBe(
      '{"card":"[REDACTED]","n":1}',
    );
    expect(applyRedactions('{"n":1.0}', [redaction('/card')]).value).toBe('{"n":1.0}');
  });

  it('replaces the values of members with the names of secrets, and escapes what stands in pointers', () => {
    const result = applyRedactions({ 'a/b': { password: 'x', Api_Key: 'y', password_hint: 'z' } }, [
      redaction('', ['secret']),
    ]);
    expect(result.value).toEqual({
      'a/b': { password: '[REDACTED]', Api_Key: '[REDACTED]', password_hint: 'z' },
    });
    expect(result.paths).toEqual(['/a~1b/password', '/a~1b/Api_Key']);
  });

  it('never lets through what it cannot look into', () => {
    const circle: Record<string, unknown> = { mail: 'a@b.example' };
    circle['again'] = circle;
    const redacted = applyRedactions(circle, [redaction('', ['email'])]);
    expect(redacted.value).toEqual({ mail: '[REDACTED]', again: '[REDACTED]' });
    let deep: unknown = 'a@b.example';
    for (let level = 0; level < 200; level += 1) deep = [deep];
    const shallow = applyRedactions(deep, [redaction('', ['email'])]);
    expect(shallow.counts).toEqual({ unreadable: 1 });
    expect(JSON.stringify(shallow.value)).toContain('"[REDACTED]"');
    const getter = {
      a: 'a@b.example',
      get b() {
        return boom();
      },
    };
    expect(applyRedactions(getter, [redaction('', ['email'])])).toMatchObject({
      value: { a: '[REDACTED]', b: '[REDACTED]' },
      counts: { email: 1, unreadable: 1 },
    });
    expect(applyRedactions(unreadable(), [redaction('/a')])).toMatchObject({
      value: '[REDACTED]',
      counts: { unreadable: 1 },
    });
  });

  it('keeps what is no text: dates, bytes, classes', () => {
    class Order {
      note = 'a@b.example';
      total = 3;
    }
    const date = new Date(0);
    const bytes = new Uint8Array([1, 2]);
    const { value } = applyRedactions({ date, bytes, order: new Order() }, [
      redaction('', ['email']),
    ]);
    const result = value as { date: unknown; bytes: unknown; order: Order };
    expect(result.date).toBe(date);
    expect(result.bytes).toBe(bytes);
    expect(result.order).toBeInstanceOf(Order);
    expect(result.order).toMatchObject({ note: '[REDACTED]', total: 3 });
  });

  it('leaves nothing for a second pass, whatever the value', () => {
    const redactions = [redaction('/a'), redaction('', ['email', 'secret', 'card'])];
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'a@b.example',
        'password=x',
        '4111 1111 1111 1111',
        'Bearer abcdefghijklmnop',
      ),
    );
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'password', '__proto__', 'x/y', '~'), tie('value'), {
          maxKeys: 3,
        }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (input) => {
        const before = JSON.stringify(input);
        const once = applyRedactions(input, redactions);
        expect(JSON.stringify(input)).toBe(before);
        expect(applyRedactions(once.value, redactions)).toEqual({
          value: once.value,
          paths: [],
          counts: {},
        });
        expect(once.paths.length > 0).toBe(once.value !== input);
      }),
      { numRuns: 500 },
    );
  });
});

describe('redactText', () => {
  it('counts by detector and gives the same text back where nothing is found', () => {
    expect(
      redactText('a@b.example c@d.example sk-abcdefghijklmnopqrstuv', ['email', 'secret'], 'X'),
    ).toEqual({ text: 'X X X', counts: { email: 2, secret: 1 } });
    expect(redactText('nothing', ['email', 'card', 'secret'])).toEqual({
      text: 'nothing',
      counts: {},
    });
  });
});

describe('applyTransforms', () => {
  it('sets, makes what is missing, and tells what was different before', () => {
    const value = { amount: 50, options: { dry: false } };
    const result = applyTransforms(value, [
      { pointer: '/amount', set: 10 },
      { pointer: '/options/dry', set: false },
      { pointer: '/limits/max', set: [1, 'a'] },
    ]);
    expect(result).toEqual({
      value: { amount: 10, options: { dry: false }, limits: { max: [1, 'a'] } },
      paths: ['/amount', '/limits/max'],
    });
    expect(value).toEqual({ amount: 50, options: { dry: false } });
  });

  it('appends to a list by its next index only', () => {
    expect(applyTransforms({ a: [1] }, [{ pointer: '/a/1', set: 2 }]).value).toEqual({ a: [1, 2] });
    expect(() => applyTransforms({ a: [1] }, [{ pointer: '/a/5', set: 2 }])).toThrow(
      'outside of a list',
    );
    expect(() => applyTransforms({ a: [1] }, [{ pointer: '/a/length', set: 2 }])).toThrow(
      'outside of a list',
    );
    expect(() => applyTransforms({ a: 1 }, [{ pointer: '/a/b', set: 2 }])).toThrow(
      'through a number',
    );
  });

  it('writes JSON text for JSON text', () => {
    expect(applyTransforms('{"amount":50}', [{ pointer: '/amount', set: 1 }]).value).toBe(
      '{"amount":1}',
    );
  });

  it('never touches a prototype', () => {
    for (const pointer of [
      '/__proto__/polluted',
      '/constructor/prototype/polluted',
      '/__proto__',
    ]) {
      const { value } = applyTransforms({}, [{ pointer, set: 'x' }]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
  });
});
