import { PolicyBundle } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { analyzeBundle } from './analyze-bundle.ts';
import { compileBundle } from './compile.ts';
import { decide } from './index.ts';
import type { RuleInput } from './testing/make.ts';

function found(...rules: readonly Partial<RuleInput>[]): readonly string[] {
  const bundle = PolicyBundle.parse({
    name: 'b',
    revision: 1,
    rules: rules.map((rule, index) => ({
      id: `r${index}`,
      match: {},
      verdict: 'flag',
      mode: 'enforce',
      ...rule,
    })),
  });
  return analyzeBundle(bundle).map(({ rule, message }) => `${rule}: ${message}`);
}

type Tests = readonly object[];

const pay = (test: object, pointer = '/v') => ({
  tool: 'pay',
  arguments: [{ pointer, exists: true, ...test }],
});

describe('a rule', () => {
  it.each<[string, Tests]>([
    ['an empty range', [{ above: 5, below: 3 }]],
    ['a range of one value that is left out', [{ above: 5, atMost: 5 }]],
    ['ranges in two tests', [{ atLeast: 5 }, { atMost: 4 }]],
    ['two types', [{ type: 'string' }, { type: 'number' }]],
    ['two values', [{ equals: 'a' }, { equals: 'b' }]],
    ['a value that is not in its list', [{ equals: 'a', in: ['b', 'c'] }]],
    ['a value outside of its range', [{ in: [1, 2], above: 2 }]],
    ['what is there and is not', [{ exists: false }, { contains: ['x'] }]],
  ])('with %s can never fire', (_name, tests) => {
    const args = tests.map((test) => ({ pointer: '/v', ...test }));
    expect(found({ match: { arguments: args } })).toEqual([
      expect.stringContaining('r0: it can never fire: no value at "/v"'),
    ]);
  });

  it.each<[string, Tests]>([
    ['a range of one value', [{ atLeast: 5, atMost: 5 }]],
    ['an integer that is a number', [{ type: 'integer' }, { type: 'number' }]],
    ['lists that share a value', [{ in: ['a', 'b'] }, { in: ['b', 'c'] }]],
    ['a text in its list that is a number', [{ in: ['3'], above: 2 }]],
    ['a place that must not be there', [{ exists: false }]],
  ])('with %s can', (_name, tests) => {
    const args = tests.map((test) => ({ pointer: '/v', ...test }));
    expect(found({ match: { arguments: args } })).toEqual([]);
  });

  it('about the conversation can contradict itself, too', () => {
    for (const conversation of [
      { calls: { above: 3, below: 4 } },
      { labels: ['a'], withoutLabels: ['a', 'b'] },
      { afterTools: 'web_get', withoutTools: 'web_*' },
    ]) {
      expect(found({ match: { conversation } })).toHaveLength(1);
    }
    expect(
      found({ match: { conversation: { labels: ['a', 'b'], withoutLabels: ['a'] } } }),
    ).toEqual([]);
    expect(found({ when: 'false' })).toHaveLength(1);
  });

  it.each<[string, Partial<RuleInput>, Partial<RuleInput>, boolean]>([
    ['a block of its tool', { match: { tool: 'pay' } }, { match: { tool: 'pay' } }, true],
    ['a block of all tools', { match: { tool: 'pay' } }, {}, true],
    [
      'a block by prefix',
      { match: { tool: ['pay_a', 'pay_b*'] } },
      { match: { tool: 'pay*' } },
      true,
    ],
    [
      'a block of one of its tools',
      { match: { tool: ['a', 'b'] } },
      { match: { tool: 'a' } },
      false,
    ],
    ['a block of one agent', { match: { tool: 'a' } }, { match: { tool: 'a', agent: 'x' } }, false],
    [
      'a block in shadow',
      { match: { tool: 'a' } },
      { match: { tool: 'a' }, mode: 'shadow' },
      false,
    ],
    ['a block with a condition', {}, { when: 'call.tool == "a"' }, false],
    ['a quarantine', {}, { verdict: 'quarantine' }, false],
    ['a block of less', { match: pay({ above: 200 }) }, { match: pay({ above: 100 }) }, true],
    ['a block of more', { match: pay({ above: 100 }) }, { match: pay({ above: 200 }) }, false],
    ['a block of one value', { match: pay({ equals: 'x' }) }, { match: pay({ in: ['x'] }) }, true],
    ['a block of another place', { match: pay({ above: 2 }) }, { match: pay({}, '/w') }, false],
    [
      'a block of less, where it blocks what cannot be compared',
      { match: pay({ above: 200 }), onError: 'block' },
      { match: pay({ above: 100 }) },
      false,
    ],
    [
      'a block of what its tool can do',
      { match: { tool: 'pay', capability: ['money.in', 'money.out'] } },
      { match: { capability: 'money*' } },
      true,
    ],
    ['a block of what some tools can', { match: {} }, { match: { capability: 'money' } }, false],
    [
      'a block, being about results',
      { match: { result: [{ pointer: '', exists: true }] } },
      {},
      true,
    ],
  ])('is shadowed by %s or not', (_name, rule, other, is) => {
    const problems = found(rule, { verdict: 'block', ...other });
    expect(problems).toHaveLength(is ? 1 : 0);
    expect(problems.join()).toContain(is ? 'r0: rule r1 (block, enforced) decides every call' : '');
  });

  it('of two blocks alike, the second is shadowed', () => {
    expect(found({ verdict: 'block' }, { verdict: 'block' })).toEqual([
      expect.stringContaining('r1: rule r0'),
    ]);
  });

  it('that is told to be shadowed never decides a call', () => {
    const names = fc.constantFrom('a', 'ab', 'b', 'a*', 'b*', '*');
    const number = fc.integer({ min: 0, max: 4 });
    const value = fc.oneof(number, fc.constantFrom('2', 'x', null, [3]));
    const scalar = fc.oneof(number, fc.constantFrom('2', 'x'));
    const bounds = { above: number, below: number, atLeast: number, atMost: number };
    const test = fc.record(
      {
        pointer: fc.constant('/v'),
        exists: fc.boolean(),
        ...bounds,
        equals: scalar,
        in: fc.array(scalar, { minLength: 1, maxLength: 3 }),
        type: fc.constantFrom('string', 'number', 'integer'),
        contains: fc.constantFrom(['x'], ['x', '2']),
        pattern: fc.constantFrom('x', '2'),
      },
      { requiredKeys: ['pointer', 'exists'] },
    );
    const tests = fc.array(test, { minLength: 1, maxLength: 2 });
    const rule = fc.record(
      {
        match: fc.record({ tool: names, agent: names, arguments: tests }, { requiredKeys: [] }),
        onError: fc.constantFrom('allow', 'block'),
        verdict: fc.constantFrom('allow', 'flag', 'escalate', 'quarantine', 'block'),
        mode: fc.constantFrom('enforce', 'shadow'),
      },
      { requiredKeys: ['match', 'verdict', 'mode'] },
    );
    const rules = fc.array(rule, { minLength: 2, maxLength: 5 });
    const call = fc.record({
      tool: fc.constantFrom('a', 'ab', 'b', 'c'),
      agent: fc.constantFrom('a', 'b', 'abc'),
      args: fc.record({ v: value }, { requiredKeys: [] }),
    });
    fc.assert(
      fc.property(rules, call, (list, { tool, agent, args }) => {
        const result = compileBundle({
          name: 'b',
          revision: 1,
          rules: list.map((one, index) => ({ id: `r${index}`, ...one })),
        });
        if (!result.ok) throw new Error('the bundle is sound');
        const shadowed = analyzeBundle(result.bundle).map((problem) => problem.rule);
        const proposed = { tool, agent, arguments: args };
        const decision = decide({
          policy: result.policy,
          containments: [],
          call: proposed,
          nowMillis: 0,
        });
        // What cannot be evaluated does not match; what then happens is no call that it decides.
        if (decision.verdict === 'allow' && decision.unevaluated !== undefined) return;
        expect(shadowed).not.toContain(decision.rule);
      }),
    );
  });
});

it('looks through ten thousand rules that end the matter, of tools and of agents', () => {
  const names = Array.from({ length: 5_000 }, (_, index) => index);
  const rules = names.flatMap((name) => [
    { match: { tool: `tool_${name}` }, verdict: 'block' as const },
    { match: { agent: `agent_${name}` }, verdict: 'block' as const },
  ]);
  expect(found(...rules, { match: { tool: 'tool_7' } }, { match: { agent: 'agent_8' } })).toEqual([
    expect.stringContaining('r10000: rule r14 '),
    expect.stringContaining('r10001: rule r17 '),
  ]);
});
