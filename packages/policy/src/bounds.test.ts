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
