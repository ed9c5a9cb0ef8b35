import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { factsOf, parseCallLine } from './call-line.ts';
import { describeEvidence } from './evidence-text.ts';

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

describe('evidence', () => {
  test.each([
    [{ pointer: '' }, { a: 1 }, 'at the whole result: {"a":1}'],
    [{ pointer: '/a~1b/0' }, { 'a/b': [7] }, 'at /a~1b/0: 7'],
    [{ pointer: '/text/error' }, { text: '{"error":"gone"}' }, 'at /text/error: gone'],
    [{ pointer: '/missing' }, 'no JSON', 'at /missing'],
    [{ range: [2, 6] as [number, number] }, '  Gone.', 'at characters 2 to 6:   Gone.'],
  ])('%j', (evidence, result, text) => {
    expect(describeEvidence(evidence, result)).toEqual([text]);
  });

  test('is shown for any result without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (result, pointer) => {
        for (const line of describeEvidence({ pointer: `/${pointer}` }, result)) {
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});
