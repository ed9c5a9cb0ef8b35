import { PolicyBundle } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ALLOW, decide, decideResult, mayAnswer, VERDICT_RANK } from './index.ts';
import {
  callOf,
  containmentOf,
  NOW,
  policyOf,
  unreadable,
  type RuleInput,
} from './testing/make.ts';
import { decideBy, RULES, VERDICTS } from './testing/verdict-rules.ts';

describe('a call that nothing matches', () => {
  it('is allowed by a frozen constant, with the policy that was asked', () => {
    const policy = policyOf({ match: { tool: 'email' } });
    const decision = decide({ policy, containments: [], call: callOf(), nowMillis: NOW });
    expect(decision).toBe(
      decide({ policy, containments: [], call: callOf({ tool: 'x' }), nowMillis: NOW }),
    );
    expect(decision).toEqual({
      verdict: 'allow',
      action: 'allow',
      source: 'default',
      rules: [],
      policy: { name: 'shop', revision: 7 },
      resultRedactions: [],
    });
    expect(Object.isFrozen(decision)).toBe(true);
  });

  it('is allowed where there is no policy', () => {
    expect(decide({ containments: [], call: callOf(), nowMillis: NOW })).toBe(ALLOW);
  });
});

describe('verdicts in company', () => {
  const ORDER = [
    'block',
    'quarantine',
    'escalate',
    'transform',
    'redact',
    'flag',
    'allow',
  ] as const;
  const pairs = ORDER.flatMap((stronger, index) =>
    ORDER.slice(index + 1).map((weaker) => [stronger, weaker] as const),
  );

  it.each(pairs)('%s goes before %s, whichever stands first', (stronger, weaker) => {
    for (const order of [
      [stronger, weaker],
      [weaker, stronger],
    ] as const) {
      const decision = decideBy(order.map((verdict) => RULES[verdict]));
      const tie = VERDICT_RANK[stronger] === VERDICT_RANK[weaker];
      expect(decision.action).toBe(tie ? order[0] : stronger);
      expect(decision.rule).toBe(`r${tie ? 0 : order.indexOf(stronger)}`);
      expect(decision.rules[0]?.id).toBe(decision.rule);
      expect(decision.rules).toHaveLength(2);
    }
  });

  it.each(VERDICTS)('%s in shadow is recorded and acts as allow', (verdict) => {
    const decision = decideBy([{ ...RULES[verdict], mode: 'shadow' }]);
    expect(decision).toMatchObject({
      verdict,
      action: 'allow',
      source: 'policy',
      rule: 'r0',
      rules: [{ id: 'r0', verdict, mode: 'shadow' }],
    });
    expect(decision.arguments).toBeUndefined();
    expect(decision.escalation).toBeUndefined();
    expect(decision.resultRedactions).toEqual([]);
  });

  it('a shadow block beside an enforced redaction: the redaction is done, the block is told', () => {
    const decision = decideBy([{ ...RULES.block, mode: 'shadow' }, RULES.redact]);
    expect(decision).toMatchObject({ verdict: 'block', action: 'redact', rule: 'r1' });
    expect(decision.rules.map((rule) => rule.id)).toEqual(['r1', 'r0']);
  });

  it.each(['enforce', 'shadow'] as const)(
    'a redaction in %s that finds nothing is no match, one that finds something is',
    (mode) => {
      const cards: Partial<RuleInput> = {
        verdict: 'redact',
        mode,
        with: { redactions: [{ pointer: '/body', detect: ['card'] }] },
      };
      expect(decideBy([cards], { body: 'no number here' })).toMatchObject({
        verdict: 'allow',
        action: 'allow',
        rules: [],
      });
      expect(decideBy([cards], { body: 'card 4111 1111 1111 1111' })).toMatchObject({
        verdict: 'redact',
        action: mode === 'enforce' ? 'redact' : 'allow',
        rules: [{ id: 'r0' }],
      });
    },
  );

  it('transforms and redactions of all rules compose in the order of the bundle', () => {
    const decision = decideBy(
      [
        {
          verdict: 'transform',
          with: {
            transforms: [
              { pointer: '/note', set: 'a@b.example' },
              { pointer: '/amount', set: 1 },
            ],
          },
        },
        { verdict: 'redact', with: { redactions: [{ pointer: '', detect: ['email'] }] } },
        {
          verdict: 'escalate',
          with: { transforms: [{ pointer: '/amount', set: 2 }], ttlMillis: 5, approvers: ['ana'] },
        },
        { verdict: 'escalate', with: { ttlMillis: 3, onExpiry: 'allow' } },
      ],
      { amount: 50, note: 'x', to: 'c@d.example' },
    );
    expect(decision).toMatchObject({
      action: 'escalate',
      rule: 'r2',
      arguments: {
        value: { amount: 2, note: '[REDACTED]', to: '[REDACTED]' },
        paths: ['/note', '/amount', '/to'],
      },
      escalation: { ttlMillis: 3, onExpiry: 'block', approvers: ['ana'] },
    });
  });

  it('several escalations ask for somebody whom each of them names that names anybody', () => {
    const escalate = (approvers?: readonly string[]) => ({
      verdict: 'escalate' as const,
      with: approvers === undefined ? {} : { approvers: [...approvers] },
    });
    const { escalation } = decideBy([
      escalate(),
      escalate(['ana', 'bo']),
      escalate(['bo', 'ana']),
      escalate(['cfo']),
    ]);
    expect(escalation).toMatchObject({ furtherApprovers: [['cfo']] });
    expect(escalation?.approvers?.toSorted()).toEqual(['ana', 'bo']);
    const may = (id: string, role?: string) => mayAnswer(escalation ?? {}, { id, role });
    expect([may('ana'), may('x', 'cfo'), may('ana', 'cfo'), may('cfo', 'bo')]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(mayAnswer({}, { id: 'anybody' })).toBe(true);
    expect(mayAnswer({ approvers: [] }, { id: 'anybody' })).toBe(false);
  });

  it('nothing is changed in a call that is refused', () => {
    for (const verdict of ['block', 'quarantine'] as const) {
      const decision = decideBy([
        RULES.transform,
        RULES[verdict],
        { verdict: 'redact', with: { redactions: [{ in: 'result', pointer: '' }] } },
      ]);
      expect(decision).toMatchObject({ action: verdict, resultRedactions: [] });
      expect(decision.arguments).toBeUndefined();
    }
  });

  it('redactions of the result are handed on, in order', () => {
    const decision = decideBy([
      { verdict: 'redact', with: { redactions: [{ in: 'result', pointer: '/a' }] } },
      {
        verdict: 'redact',
        with: { redactions: [{ in: 'result', pointer: '/b', detect: ['card'] }] },
      },
    ]);
    expect(decision.resultRedactions.map((redaction) => redaction.pointer)).toEqual(['/a', '/b']);
    expect(decision.arguments).toBeUndefined();
  });

  it('the reason is the message, else the description, else the rule', () => {
    expect(decideBy([{ with: { message: 'Ask a person.' }, description: 'd' }]).reason).toBe(
      'Ask a person.',
    );
    expect(decideBy([{ description: 'd' }]).reason).toBe('d');
    expect(decideBy([{}]).reason).toBe('rule r0: block');
  });

  it('an escalation waits ten minutes and then blocks, unless it says otherwise', () => {
    expect(decideBy([RULES.escalate]).escalation).toEqual({
      ttlMillis: 600_000,
      onExpiry: 'block',
    });
  });
});

describe('a rule that cannot be evaluated', () => {
  const match = { arguments: [{ pointer: '/amount', above: 5 }] };
  it('blocks or allows by its own word, and is named', () => {
    expect(decideBy([{ match, onError: 'block', verdict: 'flag' }], unreadable())).toMatchObject({
      action: 'block',
      rule: 'r0',
      unevaluated: ['r0'],
      reason: 'rule r0 could not be evaluated for these arguments',
    });
    expect(decideBy([{ match, onError: 'allow' }], unreadable())).toMatchObject({
      action: 'allow',
      unevaluated: ['r0'],
    });
  });

  it('and whose changes cannot be made does the same', () => {
    const set: Partial<RuleInput> = {
      verdict: 'transform',
      with: { transforms: [{ pointer: '/amount/cents', set: 1 }] },
    };
    expect(decideBy([{ ...set, onError: 'block' }])).toMatchObject({
      action: 'block',
      unevaluated: ['r0'],
    });
    const allowed = decideBy([{ ...set, onError: 'allow' }, RULES.flag]);
    expect(allowed).toMatchObject({ action: 'flag', unevaluated: ['r0'] });
    expect(allowed.arguments).toBeUndefined();
  });

  it('never throws into the call, whatever the arguments are', () => {
    const policy = policyOf(
      {
        match: {
          tool: '*',
          arguments: [
            { pointer: '/__proto__/polluted', exists: false },
            { pointer: '', contains: ['x'] },
          ],
        },
      },
      { match: { arguments: [{ pointer: '/a/0', in: [1, 'b', null] }] }, verdict: 'flag' },
      {
        verdict: 'transform',
        with: {
          transforms: [
            { pointer: '/__proto__/polluted', set: true },
            { pointer: '/constructor/prototype/polluted', set: true },
          ],
        },
      },
      {
        verdict: 'redact',
        with: {
          redactions: [{ pointer: '', detect: ['email', 'card', 'secret'] }, { pointer: '/a/b' }],
        },
      },
    );
    const hostile = fc.oneof(
      fc
        .anything({
          withBigInt: true,
          withMap: true,
          withNullPrototype: true,
          withSparseArray: true,
          withTypedArray: true,
          key: fc.constantFrom('__proto__', 'constructor', 'a', '0', 'toString', 'length'),
        })
        .map((value) => () => value),
      fc.constant(unreadable),
      fc.constant(() => {
        const circle: Record<string, unknown> = { a: ['x@y.example'] };
        circle['self'] = circle;
        return circle;
      }),
      fc.string().map((text) => () => `{"a":${JSON.stringify(text)}}`),
    );
    fc.assert(
      fc.property(hostile, (make) => {
        const decision = decide({
          policy,
          containments: [containmentOf({ mode: 'shadow' })],
          call: callOf({ arguments: make() }),
          nowMillis: NOW,
        });
        expect(VERDICTS).toContain(decision.action);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('rules about results', () => {
  const policy = policyOf(
    { match: { result: [{ pointer: '/rows', above: 100 }] } },
    {
      match: { tool: 'refund', result: [{ pointer: '/note', contains: ['secret'] }] },
      verdict: 'redact',
      with: { redactions: [{ in: 'result', pointer: '/note' }] },
    },
  );

  it('are not asked before the call', () => {
    expect(decide({ policy, containments: [], call: callOf(), nowMillis: NOW })).toBe(policy.allow);
  });

  it('are asked after it, about a value or its JSON text', () => {
    expect(decideResult({ policy, call: callOf(), result: { rows: 500 } })).toMatchObject({
      action: 'block',
      rule: 'r0',
    });
    expect(decideResult({ policy, call: callOf(), result: '{"rows":500}' })).toMatchObject({
      action: 'block',
    });
    expect(
      decideResult({ policy, call: callOf(), result: { rows: 5, note: 'Top Secret' } }),
    ).toMatchObject({ action: 'redact', resultRedactions: [{ pointer: '/note' }] });
    expect(decideResult({ policy, call: callOf(), result: { rows: 5 } })).toBe(policy.allow);
    expect(decideResult({ call: callOf(), result: { rows: 500 } })).toBe(ALLOW);
    expect(decideResult({ policy, call: callOf(), result: unreadable() })).toMatchObject({
      action: 'allow',
      unevaluated: ['r0', 'r1'],
    });
  });
});

describe('containments', () => {
  it('come before rules and need no policy', () => {
    const containment = containmentOf({ scope: { tool: 'refund' } });
    const policy = policyOf({ verdict: 'block' });
    expect(decide({ containments: [containment], call: callOf(), nowMillis: NOW })).toMatchObject({
      verdict: 'block',
      action: 'block',
      source: 'containment',
      containment,
      reason: 'revoke in force: wrong refunds',
    });
    const decision = decide({
      policy,
      containments: [containment],
      call: callOf(),
      nowMillis: NOW,
    });
    expect(decision).toMatchObject({ source: 'containment', rules: [{ id: 'c1' }, { id: 'r0' }] });
    expect(decision.rule).toBeUndefined();
  });

  it('in shadow are recorded only', () => {
    const decision = decide({
      containments: [containmentOf({ mode: 'shadow' })],
      call: callOf(),
      nowMillis: NOW,
    });
    expect(decision).toMatchObject({
      verdict: 'block',
      action: 'allow',
      source: 'containment',
      rules: [{ id: 'c1', verdict: 'block', mode: 'shadow' }],
    });
    expect(decision.containment).toBeUndefined();
  });

  it('add up: the call is stopped while any applies', () => {
    const released = containmentOf({
      id: 'a',
      released: { actor: containmentOf().actor, reason: 'fixed', at: '2026-02-01T00:00:00.000Z' },
    });
    const standing = containmentOf({ id: 'b', kind: 'kill' });
    expect(
      decide({ containments: [released, standing], call: callOf(), nowMillis: NOW }),
    ).toMatchObject({ action: 'block', containment: { id: 'b' } });
    expect(decide({ containments: [released], call: callOf(), nowMillis: NOW })).toBe(ALLOW);
  });

  it('of quarantine refuse what may write and let pass what only reads', () => {
    const containments = [containmentOf({ kind: 'quarantine' })];
    expect(decide({ containments, call: callOf(), nowMillis: NOW }).action).toBe('quarantine');
    expect(
      decide({ containments, call: callOf({ reversibility: 'irreversible' }), nowMillis: NOW })
        .action,
    ).toBe('quarantine');
    expect(
      decide({ containments, call: callOf({ reversibility: 'read_only' }), nowMillis: NOW }),
    ).toBe(ALLOW);
  });
});

it('the schema has a rank for each verdict', () => {
  expect(Object.keys(VERDICT_RANK).toSorted()).toEqual(
    PolicyBundle.shape.rules.element.shape.verdict.options.toSorted(),
  );
});
