import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { factsOf, parseCallLine } from './call-line.ts';

describe('a line of a log', () => {
  test('is a call or a problem, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const parsed = parseCallLine(text);
        expect(parsed.ok ? parsed.call.id : parsed.problem).not.toBe('');
      }),
    );
  });

  test.each([
    ['[]', 'line: '],
    ['{"id":"","tool":"x"}', 'id: '],
    ['{"id":"a","tool":"x","extra":{"exit_code":1.5}}', 'extra.exit_code: '],
    ['{"id":"a","tool":"x","is_error_flag":"yes"}', 'is_error_flag: '],
  ])('that is none says where: %s', (text, problem) => {
    expect(parseCallLine(text)).toMatchObject({
      ok: false,
      problem: expect.stringContaining(problem),
    });
  });

  test('keeps apart what is not known and what is nothing', () => {
    const facts = (line: object): object => {
      const parsed = parseCallLine(JSON.stringify({ id: 'a', tool: 'x', ...line }));
      if (!parsed.ok) throw new Error(parsed.problem);
      return factsOf(parsed.call, { ignoreFlag: false });
    };
    expect(facts({})).toEqual({ tool: 'x' });
    expect(facts({ result: null })).toEqual({ tool: 'x', result: null, returned: true });
    expect(facts({ arguments: ' {"a":1}', extra: { exit_code: 0 } })).toEqual({
      tool: 'x',
      arguments: { a: 1 },
      exitCode: 0,
    });
    expect(facts({ arguments: 'ls -l', is_error_flag: false })).toEqual({
      tool: 'x',
      arguments: 'ls -l',
    });
  });
});
