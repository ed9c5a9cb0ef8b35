import type { Redaction } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { applyRedactions, applyTransforms, type DetectorName } from './index.ts';
import { boom, unreadable } from './testing/make.ts';

function redaction(pointer: string, detectors?: DetectorName[]): Redaction {
  return {
    in: 'arguments',
    pointer,
    replacement: '[REDACTED]',
    ...(detectors === undefined ? {} : { detect: detectors }),
  };
}

describe('applyRedactions', () => {
  it('replaces the whole of JSON text that is too long to find a place in', () => {
    const text = `{"ssn":"078-05-1120","padding":"${'x'.repeat(1_000_000)}"}`;
    const { value, counts } = applyRedactions(text, [redaction('/ssn')]);
    expect({ value, counts }).toEqual({ value: '[REDACTED]', counts: { unreadable: 1 } });
  });

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

  it('takes the name of a member at its word, whatever its value is: only flags, nothing and marks stay', () => {
    const value = {
      token: 7,
      credentials: { user: 'a' },
      DB_PASSWORD: 'x',
      secret: true,
      pin: null,
      cookie: '[REDACTED:key]',
      page_token: 'p',
    };
    const result = applyRedactions(value, [redaction('', ['secret'])]);
    expect(result.value).toEqual({
      ...value,
      token: '[REDACTED]',
      credentials: '[REDACTED]',
      DB_PASSWORD: '[REDACTED]',
    });
    expect(result.counts).toEqual({ secret: 3 });
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
