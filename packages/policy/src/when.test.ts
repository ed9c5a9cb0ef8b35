import { describe, expect, it } from 'vitest';

import { decideResult } from './index.ts';
import { callOf, decideWith, policyOf, stateOf } from './testing/make.ts';

describe('when', () => {
  it.each<[string, boolean]>([
    ['arguments.amount > 40 && call.agent == "support"', true],
    ['arguments.amount + 1 == 51.0', true],
    ['has(call.model)', false],
    ['conversation.tools["web"] > 1', true],
    ['run.steps < 3', true],
    ['now < timestamp("2020-01-01T00:00:00Z")', false],
    ['arguments.tags.exists(tag, tag == "vip")', true],
    ['arguments.note.matches("^(a+)+$")', false],
    ['(arguments.note).matches("b$") && arguments.note.matches("^a")', true],
    ['arguments.note.contains("ab") && !(arguments.note).contains(call.agent)', true],
    ['arguments.tags[0] . contains ("ip") && arguments.note.indexOf("b", 3) == 5000', true],
    ['"a,b".split(",").exists(part, part == "b")', true],
  ])('%s is %s', (when, holds) => {
    const call = { arguments: { amount: 50, tags: ['vip'], note: `${'a'.repeat(5_000)}b` } };
    const state = stateOf({ tools: new Map([['web', 2]]) });
    const decision = decideWith({ when }, call, state);
    expect(decision.unevaluated).toBeUndefined();
    expect(decision.action).toBe(holds ? 'block' : 'allow');
  });

  it.each(['arguments.missing == 1', 'arguments.amount', 'arguments.amount.size() > 1'])(
    'that has no answer follows onError: %s',
    (when) => {
      for (const onError of ['allow', 'block'] as const) {
        expect(decideWith({ when, onError, verdict: 'flag' })).toMatchObject({
          action: onError,
          unevaluated: ['r0'],
        });
      }
    },
  );

  it('does not walk through what is too large', () => {
    const list = Array.from({ length: 3_000 }, (_, index) => index);
    const decision = decideWith(
      { when: 'arguments.list.exists(x, x == 2)' },
      { arguments: { list } },
    );
    expect(decision.unevaluated).toEqual(['r0']);
    expect(decideWith({ when: 'arguments.list[1] == 1' }, { arguments: { list } }).action).toBe(
      'block',
    );
  });

  it('asks an agent for no more time than what it sent takes to read', () => {
    const half = 'a'.repeat(400_000);
    const call = { arguments: { text: half, other: `${half}b${half}`, words: ['x'] } };
    expect(decideWith({ when: 'arguments.text.contains(arguments.other)' }, call).action).toBe(
      'allow',
    );
    expect(decideWith({ when: 'arguments.other.contains(arguments.text)' }, call).action).toBe(
      'block',
    );
    const many = {
      arguments: {
        text: 'a,'.repeat(3_000),
        words: Array.from({ length: 1_500 }, () => half.slice(1, 500)),
      },
    };
    for (const when of [
      'arguments.text.split(",").exists(part, part == "b")',
      'arguments.words.exists(word, arguments.text.contains(word))',
    ])
      expect(decideWith({ when }, many).unevaluated).toEqual(['r0']);
  });

  it.each([
    ['arguments.list.exists(x, arguments.text.split(",")[0] == x)', 'inside of another walk'],
    ['arguments.text.split(arguments.text)[0] == "a"', 'written out in quotes'],
    ['arguments.text.indexOf(arguments.other) > 0', 'written out in quotes'],
    ['arguments.text.lastIndexOf(arguments.other) > 0', 'written out in quotes'],
    ['arguments.text.parts(",").size() > 1', 'found no function'],
    ['arguments.text.includes("a")', 'found no function'],
  ])('is refused with the bundle where its time has no end: %s', (when, why) => {
    expect(() => policyOf({ when })).toThrow(why);
  });

  it('sees JSON text as what it stands for, and a result in rules about results', () => {
    expect(
      decideWith({ when: 'arguments.amount == 5' }, { arguments: '{"amount":5}' }).action,
    ).toBe('block');
    const match = { result: [{ pointer: '/total', exists: true }] };
    const policy = policyOf({ match, when: 'result.total > arguments.amount' });
    expect(decideResult({ policy, call: callOf(), result: { total: 51 } }).action).toBe('block');
    expect(decideResult({ policy, call: callOf(), result: { total: 50 } }).action).toBe('allow');
  });

  it('cannot reach what an object inherits', () => {
    for (const when of ['has(arguments.constructor)', 'has(arguments.__proto__)'])
      expect(decideWith({ when }).action).toBe('allow');
  });
});
