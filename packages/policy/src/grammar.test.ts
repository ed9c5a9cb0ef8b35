import { describe, expect, it } from 'vitest';

import { compileBundle } from './compile.ts';
import {
  NEW_CONVERSATION,
  decide,
  decideResult,
  describeCall,
  withCall,
  type ConversationFacts,
  type CounterState,
  type PolicyDecision,
  type ProposedCall,
} from './index.ts';
import {
  callOf,
  containmentOf,
  decideWith,
  NOW,
  policyOf,
  stateOf,
  type RuleInput,
} from './testing/make.ts';

describe('predicates', () => {
  it.each<[string, object, unknown, boolean]>([
    ['a type', { type: 'integer' }, 5, true],
    ['another type', { type: 'integer' }, 5.5, false],
    ['a list is no object', { type: 'object' }, [], false],
    ['nothing is null', { type: 'null' }, null, true],
    ['at least', { atLeast: 5 }, 5, true],
    ['less than at least', { atLeast: 5 }, '4.9', false],
    ['at most', { atMost: 5 }, '5', true],
    ['a pattern anywhere', { pattern: 'rm\\s+-rf' }, 'sudo rm  -rf /', true],
    ['a pattern at the start', { pattern: '^rm' }, 'sudo rm', false],
    ['a pattern in a list of texts', { pattern: '^rm' }, ['ls', 'rm x'], true],
    ['a pattern of a number', { pattern: '5' }, 5, false],
  ])('hold for %s', (_name, test, value, holds) => {
    const decision = decideWith(
      { match: { arguments: [{ pointer: '/v', ...test }] } },
      { arguments: { v: value } },
    );
    expect(decision.action).toBe(holds ? 'block' : 'allow');
  });

  it('come to an end for patterns that make others backtrack for ever', () => {
    const match = { arguments: [{ pointer: '/v', pattern: '^(a+)+$' }] };
    const decision = decideWith({ match }, { arguments: { v: `${'a'.repeat(100_000)}!` } });
    expect(decision.action).toBe('allow');
  });

  it('follow onError where a text is too long to be searched', () => {
    const match = { arguments: [{ pointer: '/v', pattern: 'x' }] };
    const call = { arguments: { v: 'a'.repeat(1_000_001) } };
    expect(decideWith({ match, onError: 'block', verdict: 'flag' }, call)).toMatchObject({
      action: 'block',
      unevaluated: ['r0'],
    });
  });
});

describe('pinned versions', () => {
  const match = { pinned: { agentVersion: '2.*', model: ['m1', 'm2'] } };
  it.each<[string, Partial<ProposedCall>, string]>([
    ['all are as demanded', { agentVersion: '2.1', model: 'm2' }, 'allow'],
    ['one differs', { agentVersion: '3.0', model: 'm2' }, 'block'],
    ['one is not known', { agentVersion: '2.1' }, 'block'],
  ])('where %s', (_name, call, action) => {
    expect(decideWith({ match }, call).action).toBe(action);
  });
});

describe('reversibility', () => {
  it('takes a call of which nothing is known as irreversible', () => {
    const match = { reversibility: { atLeast: 'irreversible' as const } };
    expect(decideWith({ match }).action).toBe('block');
    expect(decideWith({ match }, { reversibility: 'externally_reversible' }).action).toBe('allow');
  });

  it('gives a chain its highest class', () => {
    const match = {
      reversibility: { atLeast: 'externally_reversible' as const, of: 'chain' as const },
    };
    const call = { reversibility: 'read_only' as const };
    expect(decideWith({ match }, call).action).toBe('allow');
    const after = withCall(NEW_CONVERSATION, {
      tool: 'mail',
      reversibility: 'externally_reversible',
    });
    expect(decideWith({ match }, call, stateOf(after)).action).toBe('block');
  });

  it('is what the bundle says of a tool, the gravest of several, above what the tool says', () => {
    const compiled = compileBundle({
      name: 'b',
      revision: 1,
      rules: [],
      tools: [
        { tool: 'refund*', reversibility: 'reversible', capabilities: ['money'] },
        { tool: 'refund', reversibility: 'irreversible' },
        { tool: 'read', reversibility: 'read_only' },
      ],
    });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    const said = callOf({ reversibility: 'read_only', capabilities: ['net'] });
    expect(describeCall(compiled.policy, said)).toMatchObject({
      reversibility: 'irreversible',
      capabilities: ['net', 'money'],
    });
    const unknown = callOf({ tool: 'other' });
    expect(describeCall(compiled.policy, unknown)).toBe(unknown);
    expect(describeCall(compiled.policy, callOf({ tool: 'read' })).reversibility).toBe('read_only');
  });

  it('raised by a rule stops a call that a quarantine would let read', () => {
    const policy = policyOf({
      match: { arguments: [{ pointer: '/sql', pattern: '(?i)^\\s*delete' }] },
      verdict: 'flag',
      reversibility: 'irreversible',
    });
    const containments = [containmentOf({ kind: 'quarantine' })];
    const decideSql = (sql: string): PolicyDecision =>
      decide({
        policy,
        containments,
        call: callOf({ arguments: { sql }, reversibility: 'read_only' }),
        nowMillis: NOW,
      });
    expect(decideSql('select 1').action).toBe('allow');
    expect(decideSql('DELETE from orders')).toMatchObject({
      action: 'quarantine',
      reversibility: 'irreversible',
    });
  });
});

describe('a class that a rule names', () => {
  const rule = { verdict: 'flag', reversibility: 'irreversible' } as const;

  it('never lowers what is known, and is nothing in shadow', () => {
    const raisedBy = (mode: 'enforce' | 'shadow', reversibility: 'read_only' | 'irreversible') =>
      decideWith({ ...rule, mode }, { reversibility }).reversibility;
    expect(raisedBy('enforce', 'read_only')).toBe('irreversible');
    expect(raisedBy('shadow', 'read_only')).toBeUndefined();
    expect(raisedBy('enforce', 'irreversible')).toBeUndefined();
    const lower = decideWith(
      { ...rule, reversibility: 'reversible' },
      { reversibility: 'irreversible' },
    );
    expect(lower.reversibility).toBeUndefined();
  });

  it('is nothing where the rule could not be evaluated', () => {
    const decision = decideWith(
      { ...rule, when: 'arguments.missing', onError: 'block' },
      { reversibility: 'read_only' },
    );
    expect(decision).toMatchObject({ action: 'block', unevaluated: ['r0'] });
    expect(decision.reversibility).toBeUndefined();
  });
});

describe('facts of the conversation', () => {
  it.each<[string, object, Partial<ConversationFacts>, boolean]>([
    ['a label', { labels: ['web', 'mail'] }, { labels: ['web'] }, true],
    ['another label', { labels: ['mail'] }, { labels: ['web'] }, false],
    ['no label', { withoutLabels: ['checked'] }, { labels: ['web'] }, true],
    ['an earlier tool', { afterTools: 'web_*' }, { tools: new Map([['web_get', 1]]) }, true],
    ['no such tool', { afterTools: 'web_*' }, { tools: new Map([['weba', 1]]) }, false],
    ['what must come first', { withoutTools: 'verify' }, {}, true],
    ['what came first', { withoutTools: 'verify' }, { tools: new Map([['verify', 1]]) }, false],
    ['many calls', { calls: { above: 3 } }, { calls: 4 }, true],
    ['few calls', { calls: { above: 3 } }, { calls: 3 }, false],
    ['a range', { failures: { above: 1, below: 3 } }, { failures: 2 }, true],
    ['refusals', { refusals: { above: 0 } }, { refusals: 0 }, false],
  ])('match %s', (_name, conversation, facts, holds) => {
    const decision = decideWith({ match: { conversation } }, {}, stateOf(facts));
    expect(decision.action).toBe(holds ? 'block' : 'allow');
  });

  it('are labels that rules set, handed back when the call goes on', () => {
    const labels = ['untrusted_web'];
    expect(decideWith({ verdict: 'flag', with: { labels } }).effects).toMatchObject({
      labels,
      shadowLabels: [],
    });
    expect(decideWith({ verdict: 'block', with: { labels } }).effects).toBeUndefined();
  });

  it.each<[string, object, unknown, readonly string[]]>([
    [
      'found something',
      { pointer: '', in: 'arguments', detect: ['email'] },
      { to: 'bo@example.com' },
      ['mail'],
    ],
    ['found nothing', { pointer: '', in: 'arguments', detect: ['email'] }, { to: 'nobody' }, []],
    [
      'looks at results',
      { pointer: '', in: 'result', detect: ['email'] },
      { to: 'nobody' },
      ['mail'],
    ],
  ])(
    'are not set by a redaction that had nothing to change: it %s',
    (_name, redaction, args, set) => {
      const redactions = [redaction as { pointer: string }];
      const rule = { verdict: 'redact' as const, with: { labels: ['mail'], redactions } };
      expect(decideWith(rule, { arguments: args }).effects?.labels ?? []).toEqual(set);
    },
  );

  it('are not set by a rule whose change cannot be made', () => {
    const transforms = [{ pointer: '/amount', set: 1 }];
    const rule = { verdict: 'transform', with: { labels: ['cut'], transforms } } as object;
    const decision = decideWith({ ...rule, onError: 'allow' }, { arguments: 'no object' });
    expect(decision.unevaluated).toEqual(['r0']);
    expect(decision.effects?.labels ?? []).toEqual([]);
  });

  it('are set by the retry that a reviewer has released from quarantine', () => {
    const policy = policyOf({ verdict: 'quarantine', with: { labels: ['risky'] } });
    const input = { policy, containments: [], call: callOf(), nowMillis: NOW };
    expect(decide({ ...input, released: 'r0' }).effects?.labels).toEqual(['risky']);
  });

  it('are set by rules about results, too', () => {
    const policy = policyOf({
      match: { result: [{ pointer: '', contains: ['<html'] }] },
      verdict: 'flag',
      with: { labels: ['html'] },
    });
    const decision = decideResult({ policy, call: callOf(), result: '<html>' });
    expect(decision.effects?.labels).toEqual(['html']);
  });

  it('from rules in shadow are seen by rules in shadow only', () => {
    const shadow = decideWith({ verdict: 'flag', mode: 'shadow', with: { labels: ['web'] } });
    expect(shadow.effects).toMatchObject({ labels: [], shadowLabels: ['web'] });
    const state = stateOf({ shadowLabels: ['web'] });
    const match = { conversation: { labels: ['web'] } };
    expect(decideWith({ match }, {}, state).verdict).toBe('allow');
    expect(decideWith({ match, mode: 'shadow' }, {}, state).verdict).toBe('block');
    const policy = policyOf({ match, mode: 'shadow' });
    const input = { policy, containments: [], call: callOf(), nowMillis: NOW, state };
    expect(decide({ ...input, assumeEnforced: true }).action).toBe('block');
    const when = '"web" in conversation.labels';
    expect(decideWith({ when }, {}, state).verdict).toBe('allow');
    expect(decideWith({ when, mode: 'shadow' }, {}, state).verdict).toBe('block');
  });
});

describe('a limit', () => {
  const rule: Partial<RuleInput> = { match: { limit: { atMost: 2 } } };

  it('lets so many calls through, and what it refuses is not counted', () => {
    const counters = new Map<string, CounterState>();
    const actions = [1, 2, 3, 4].map(() => {
      const decision = decideWith(rule, { run: 'r' }, stateOf({}, counters));
      for (const [key, state] of decision.effects?.counters ?? []) counters.set(key, state);
      return decision.action;
    });
    expect(actions).toEqual(['allow', 'allow', 'block', 'block']);
    expect(decideWith(rule, { run: 'other' }, stateOf({}, counters)).action).toBe('allow');
  });

  it('sums what is in the arguments, and takes nothing off for what is negative', () => {
    const spend: Partial<RuleInput> = {
      match: { limit: { atMost: 100, per: 'agent', withinMillis: 60_000, sumOf: '/amount' } },
    };
    const counters = new Map<string, CounterState>();
    const pay = (amount: unknown): string => {
      const decision = decideWith(spend, { arguments: { amount } }, stateOf({}, counters));
      for (const [key, state] of decision.effects?.counters ?? []) counters.set(key, state);
      return decision.action;
    };
    expect([pay(60), pay(-1_000), pay('41'), pay(40), pay(1)]).toEqual([
      'allow',
      'allow',
      'block',
      'allow',
      'block',
    ]);
  });

  it('follows onError where the sum cannot be taken', () => {
    const spend = {
      match: { limit: { atMost: 100, sumOf: '/amount' } },
      onError: 'block' as const,
    };
    for (const amount of ['many', undefined, Number.NaN]) {
      expect(decideWith(spend, { arguments: { amount } }).unevaluated).toEqual(['r0']);
    }
  });

  it('is not asked again of a call that was counted', () => {
    const policy = policyOf({ match: { limit: { atMost: 0 } } });
    const input = { policy, containments: [], call: callOf(), nowMillis: NOW, state: stateOf() };
    expect(decide(input).action).toBe('block');
    expect(decide({ ...input, counted: true })).toBe(policy.allow);
  });
});

describe('a breaker', () => {
  const match = { breaker: { failures: 1, withinMillis: 1_000, openMillis: 1_000 } };

  it('matches while its circuit is open, for this tool and agent only', () => {
    const closed = decideWith({ match });
    const [ticket] = closed.effects?.circuits ?? [];
    expect(ticket).toMatchObject({ rule: 'r0', probe: false, mode: 'enforce' });
    const open = new Map<string, CounterState>([
      [ticket?.key ?? '', { kind: 'open', sinceMillis: 0 }],
    ]);
    expect(decideWith({ match }, {}, stateOf({}, open))).toMatchObject({
      action: 'block',
      rule: 'r0',
      rules: [{ id: 'r0', verdict: 'block', mode: 'enforce' }],
    });
    expect(decideWith({ match }, { tool: 'other' }, stateOf({}, open)).action).toBe('allow');
    expect(decideWith({ match }, { agent: 'other' }, stateOf({}, open)).action).toBe('allow');
  });
});

describe('a bundle', () => {
  it.each<[string, Partial<RuleInput>, RegExp]>([
    [
      'a pattern that RE2 does not know',
      { match: { arguments: [{ pointer: '', pattern: '(?=a)' }] } },
      /RE2/,
    ],
    ['words that are no expression', { when: 'arguments.amount >' }, /Unexpected/],
    ['an expression that is no condition', { when: '1 + 1' }, /true or false/],
    [
      'a member that there is not',
      { when: 'call.agnet == "x"' },
      /has no member "agnet"; it has agent/,
    ],
    ['a name that there is not', { when: 'args.amount > 1' }, /args/],
    [
      'a walk within a walk',
      { when: 'arguments.a.all(x, arguments.b.all(y, x == y))' },
      /another walk/,
    ],
    ['a pattern from arguments', { when: 'arguments.a.matches(arguments.b)' }, /written out/],
    [
      'a pattern in an expression that RE2 does not know',
      { when: 'arguments.a.matches("(?=a)")' },
      /Perl/,
    ],
    ['a limit that never ends', { match: { limit: { atMost: 1, per: 'agent' } } }, /withinMillis/],
    [
      'a limit and a breaker',
      { match: { limit: { atMost: 1 }, breaker: { failures: 1, withinMillis: 1, openMillis: 1 } } },
      /not both/,
    ],
    [
      'a limit of results',
      { match: { limit: { atMost: 1 }, result: [{ pointer: '', exists: true }] } },
      /about results/,
    ],
    ['a star inside of a version', { match: { pinned: { model: 'a*b' } } }, /at the end/],
  ])('with %s is refused', (_name, rule, message) => {
    const result = compileBundle({
      name: 'b',
      revision: 1,
      rules: [{ id: 'r', match: {}, verdict: 'block', ...rule }],
    });
    const problems = result.ok ? [] : result.problems;
    expect(problems.map((problem) => problem.message).join()).toMatch(message);
  });

  it('runs cases that say what was before', () => {
    const rules: RuleInput[] = [
      {
        id: 'limit',
        match: { tool: 'mail', limit: { atMost: 3 } },
        verdict: 'block',
        tests: [
          { name: 'fourth', call: { tool: 'mail' }, given: { used: 3 }, expect: 'block' },
          { name: 'third', call: { tool: 'mail' }, given: { used: 2 }, expect: 'allow' },
        ],
      },
      {
        id: 'circuit',
        match: { tool: 'pay', breaker: { failures: 3, withinMillis: 1_000, openMillis: 1_000 } },
        verdict: 'block',
        tests: [
          { name: 'open', call: { tool: 'pay' }, given: { circuit: 'open' }, expect: 'block' },
          {
            name: 'probe',
            call: { tool: 'pay' },
            given: { circuit: 'half_open' },
            expect: 'allow',
          },
        ],
      },
      {
        id: 'labels',
        match: { tool: 'mail', conversation: { labels: ['web'] } },
        verdict: 'block',
        tests: [
          { name: 'read', call: { tool: 'mail' }, given: { labels: ['web'] }, expect: 'block' },
          { name: 'clean', call: { tool: 'mail' }, expect: 'allow' },
        ],
      },
    ];
    const bundle = { name: 'b', revision: 1, rules };
    const result = compileBundle(bundle);
    expect(result.ok ? [] : result.problems).toEqual([]);
    const wrong = structuredClone(bundle);
    for (const rule of wrong.rules) for (const test of rule.tests ?? []) test.expect = 'redact';
    const refused = compileBundle(wrong);
    expect(refused.ok ? 0 : refused.problems.length).toBe(6);
  });
});
