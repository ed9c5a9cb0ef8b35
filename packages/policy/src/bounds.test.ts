import { describe, expect, it } from 'vitest';

import {
  NEW_CONVERSATION,
  withCall,
  type ConversationFacts,
  type PolicyDecision,
} from './index.ts';
import { decideWith, policyOf, stateOf } from './testing/make.ts';

describe('what is too much to look at', () => {
  const padding = 'x'.repeat(1_000_000);
  it.each<[string, object, unknown]>([
    ['JSON text', { pointer: '/v', above: 5 }, `{"v":900,"padding":"${padding}"}`],
    [
      'a list of texts',
      { pointer: '/v', contains: ['rm'] },
      { v: [...Array.from({ length: 1_000 }, () => 'ls'), 'rm'] },
    ],
  ])('is no way around a rule: %s', (_name, test, args) => {
    const decision = decideWith(
      { match: { arguments: [test as { pointer: string }] }, onError: 'block' },
      { arguments: args },
    );
    expect(decision).toMatchObject({ action: 'block', unevaluated: ['r0'] });
  });

  it('leaves long text what it is where a rule asks for the whole of it', () => {
    const rule = { match: { arguments: [{ pointer: '', contains: ['needle'] }] } };
    expect(decideWith(rule, { arguments: `[ ${padding} needle` }).rule).toBe('r0');
  });

  it('is not a number that is written at length', () => {
    const rule = { match: { arguments: [{ pointer: '/v', above: 5 }] } };
    expect(decideWith(rule, { arguments: { v: `${'0'.repeat(100)}900` } }).rule).toBe('r0');
  });
});

describe('what is no number where one is compared', () => {
  const actionFor = (test: object, args: unknown, more: object = {}): string => {
    const of = (onError: 'allow' | 'block'): string =>
      decideWith(
        {
          verdict: 'flag',
          onError,
          match: { arguments: [{ pointer: '/v', ...test }] },
          ...more,
        },
        { arguments: args },
      ).action;
    const [strict, lax] = [of('block'), of('allow')];
    return strict === 'block' && lax === 'allow' ? 'onError' : strict;
  };
  it.each(['above', 'below', 'atLeast', 'atMost'])(
    'is no way around a rule that says %s',
    (name) => {
      for (const v of [[900], '900 EUR', {}, null, true, '', Number.NaN])
        expect(actionFor({ [name]: 5 }, { v })).toBe('onError');
      expect(actionFor({ [name]: 5 }, { v: '5.0' })).toBe(name.startsWith('at') ? 'flag' : 'allow');
      expect(actionFor({ [name]: 5 }, {})).toBe('allow');
    },
  );

  it('is nothing to a rule that has said of which type it speaks, or that fails by another condition', () => {
    expect(actionFor({ type: 'number', above: 5 }, { v: '900 EUR' })).toBe('allow');
    expect(actionFor({ above: 5 }, { v: 'x' }, { when: 'call.tool == "other"' })).toBe('allow');
    const first = { pointer: '/v', above: 5 };
    const match = (second: object) => ({
      match: { arguments: [first, { pointer: '/w', ...second }] },
    });
    expect(actionFor({}, { v: 'x', w: 1 }, match({ equals: 2 }))).toBe('allow');
    expect(actionFor({}, { v: 'x', w: 1 }, match({ equals: 1 }))).toBe('onError');
    expect(actionFor({}, { v: 'x', w: 'y' }, match({ above: 1 }))).toBe('onError');
  });
});

describe('a conversation whose past has been forgotten', () => {
  const asked = (
    rule: Parameters<typeof decideWith>[0],
    known: Partial<ConversationFacts>,
  ): string => {
    const of = (onError: 'allow' | 'block'): string =>
      decideWith({ verdict: 'flag', onError, ...rule }, {}, stateOf(known)).action;
    const [strict, lax] = [of('block'), of('allow')];
    return strict === 'block' && lax === 'allow' ? 'onError' : strict;
  };
  const facts = {
    labels: ['web'],
    calls: 3,
    tools: new Map([['seen', 1]]),
    reversibility: 'reversible',
    forgotten: 'all',
  } as const;
  it.each<[string, Parameters<typeof decideWith>[0], string]>([
    ['a label that is known', { match: { conversation: { labels: ['web'] } } }, 'flag'],
    ['a label that is not', { match: { conversation: { labels: ['mail'] } } }, 'onError'],
    ['no label that is known', { match: { conversation: { withoutLabels: ['web'] } } }, 'allow'],
    ['no label that is not', { match: { conversation: { withoutLabels: ['mail'] } } }, 'onError'],
    ['a tool that is known', { match: { conversation: { afterTools: 'seen' } } }, 'flag'],
    ['a tool that is not', { match: { conversation: { afterTools: 'other' } } }, 'onError'],
    ['not a tool that is known', { match: { conversation: { withoutTools: 'seen' } } }, 'allow'],
    ['not a tool that is not', { match: { conversation: { withoutTools: 'other' } } }, 'onError'],
    ['more calls than known', { match: { conversation: { calls: { above: 3 } } } }, 'onError'],
    ['so many calls', { match: { conversation: { calls: { above: 2 } } } }, 'flag'],
    ['fewer calls', { match: { conversation: { calls: { below: 3 } } } }, 'allow'],
    ['few calls', { match: { conversation: { calls: { below: 4 } } } }, 'onError'],
    [
      'some calls, not many',
      { match: { conversation: { calls: { above: 1, below: 9 } } } },
      'onError',
    ],
    [
      'a chain of a known class',
      { match: { reversibility: { atLeast: 'reversible', of: 'chain' } } },
      'flag',
    ],
    ['an expression about it', { when: 'conversation.calls > 1' }, 'onError'],
    ['an expression about its labels', { when: '"mail" in conversation.labels' }, 'onError'],
    ['an expression about other things', { when: 'call.tool == "refund"' }, 'flag'],
  ])('a rule that asks for %s', (_name, rule, expected) => {
    expect(asked(rule, facts)).toBe(expected);
  });

  it('a chain whose gravest class may have been forgotten', () => {
    const match = { reversibility: { atLeast: 'irreversible', of: 'chain' } } as const;
    const rule = { match, verdict: 'block', onError: 'allow' } as const;
    const call = { reversibility: 'read_only' } as const;
    expect(decideWith(rule, call, stateOf(facts))).toMatchObject({ unevaluated: ['r0'] });
    expect(decideWith(rule, call, stateOf({ ...facts, forgotten: 'tools' })).verdict).toBe('allow');
  });

  it.each<[string, Parameters<typeof decideWith>[0], string]>([
    ['labels', { match: { conversation: { labels: ['mail'] } } }, 'allow'],
    ['numbers', { match: { conversation: { calls: { above: 3 } } } }, 'allow'],
    ['tools', { match: { conversation: { afterTools: 'other' } } }, 'onError'],
    ['labels in an expression', { when: '"web" in conversation.labels' }, 'flag'],
    ['tools in an expression', { when: '"other" in conversation.tools' }, 'onError'],
  ])('only the names of tools may be forgotten: %s', (_name, rule, expected) => {
    expect(asked(rule, { ...facts, forgotten: 'tools' })).toBe(expected);
  });

  it('a limit whose count may have been forgotten begins anew, and its rule follows its onError', () => {
    const counters = { get: () => undefined, isForgotten: () => true };
    const rule = { match: { limit: { atMost: 1, per: 'run' } }, verdict: 'block' } as const;
    const strict = decideWith({ ...rule, onError: 'block' }, {}, stateOf({}, counters));
    expect(strict).toMatchObject({ action: 'block', unevaluated: ['r0'] });
    const lax = decideWith({ ...rule, onError: 'allow' }, {}, stateOf({}, counters));
    expect(lax).toMatchObject({ action: 'allow', unevaluated: ['r0'] });
    expect(lax.effects?.counters).toMatchObject([[expect.any(String), { sums: [1] }]]);
  });
});

describe('what is kept of a conversation', () => {
  const labelled = (from: number, to: number): ConversationFacts => {
    let facts = NEW_CONVERSATION;
    for (let index = from; index < to; index += 1)
      facts = withCall(facts, { tool: 't', reversibility: 'read_only', labels: [`l${index}`] });
    return facts;
  };

  it('is every label that a bundle can set', () => {
    const rule = { match: { conversation: { labels: ['l255'] } } };
    expect(decideWith(rule, {}, stateOf(labelled(0, 256))).action).toBe('block');
    const labels = Array.from({ length: 257 }, (_, index) => [`l${index}`]);
    const rules = labels.map((set) => ({ verdict: 'flag' as const, with: { labels: set } }));
    expect(() => policyOf(...rules)).toThrow('257 different labels');
  });

  it('is not every tool: of those beyond, rules know that they do not know', () => {
    let facts = NEW_CONVERSATION;
    for (let index = 0; index < 256; index += 1)
      facts = withCall(facts, { tool: `t${index}`, reversibility: 'read_only' });
    const after = (afterTools: string): PolicyDecision =>
      decideWith({ match: { conversation: { afterTools } }, onError: 'block' }, {}, stateOf(facts));
    expect(after('web').action).toBe('allow');
    facts = withCall(facts, { tool: 'web', reversibility: 'read_only' });
    expect(after('web')).toMatchObject({ action: 'block', unevaluated: ['r0'] });
    expect(after('t2*').unevaluated).toBeUndefined();
  });
});
