import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decide, VERDICT_RANK } from './index.ts';
import { callOf, NOW, policyOf, type RuleInput } from './testing/make.ts';
import { decideBy, RULES, VERDICTS } from './testing/verdict-rules.ts';

describe('laws of composition', () => {
  const rule = fc.record({
    verdict: fc.constantFrom(...VERDICTS),
    mode: fc.constantFrom('enforce' as const, 'shadow' as const),
    tool: fc.constantFrom(undefined, 'refund', 'ref*', 'email', ['refund', 'r*']),
  });
  const rules: fc.Arbitrary<Partial<RuleInput>[]> = fc.array(
    rule.map(({ verdict, mode, tool }) => ({
      ...RULES[verdict],
      mode,
      match: tool === undefined ? {} : { tool },
    })),
    { maxLength: 6 },
  );

  it('the verdict is what would be done if everything were enforced', () => {
    fc.assert(
      fc.property(rules, (list) => {
        const input = {
          policy: policyOf(...list),
          containments: [],
          call: callOf(),
          nowMillis: NOW,
        };
        const decision = decide(input);
        expect(decision.verdict).toBe(decide({ ...input, assumeEnforced: true }).action);
        expect(VERDICT_RANK[decision.action]).toBeLessThanOrEqual(VERDICT_RANK[decision.verdict]);
        expect(Object.isFrozen(decision)).toBe(true);
      }),
    );
  });

  it('each rule that matches is listed once, and one more rule never weakens what is done', () => {
    fc.assert(
      fc.property(rules, (list) => {
        const all = decideBy(list);
        const expected = list.flatMap(({ match }, index) =>
          (match?.tool ?? 'refund') === 'email' ? [] : [`r${index}`],
        );
        expect(all.rules.map(({ id }) => id).toSorted()).toEqual(expected.toSorted());
        const fewer = decideBy(list.slice(0, -1));
        expect(VERDICT_RANK[all.action]).toBeGreaterThanOrEqual(VERDICT_RANK[fewer.action]);
      }),
    );
  });

  it('the same question has the same answer, and the arguments stay as they were', () => {
    fc.assert(
      fc.property(rules, fc.jsonValue(), (list, value) => {
        const before = JSON.stringify(value);
        expect(decideBy(list, value)).toEqual(decideBy(list, value));
        expect(JSON.stringify(value)).toBe(before);
      }),
    );
  });
});

describe('names', () => {
  const match = (
    tool: RuleInput['match']['tool'],
    agent: RuleInput['match']['agent'],
    call: { tool: string; agent: string },
  ): boolean =>
    decide({
      policy: policyOf({
        match: {
          ...(tool === undefined ? {} : { tool }),
          ...(agent === undefined ? {} : { agent }),
        },
      }),
      containments: [],
      call: callOf(call),
      nowMillis: NOW,
    }).action === 'block';

  it.each([
    ['refund', undefined, true],
    ['refun', undefined, false],
    ['Refund', undefined, false],
    ['ref*', undefined, true],
    ['*', undefined, true],
    [['email', 'refund'], undefined, true],
    [['email', 'sms*'], undefined, false],
    [undefined, 'support', true],
    [undefined, 'supp*', true],
    [undefined, 'sales', false],
    ['refund', 'sales', false],
    ['refund', ['sales', 'support'], true],
    [undefined, undefined, true],
  ] as const)('tool %s, agent %s: %s', (tool, agent, expected) => {
    const names = (value: string | readonly string[] | undefined): string | string[] | undefined =>
      typeof value === 'string' || value === undefined ? value : [...value];
    expect(match(names(tool), names(agent), { tool: 'refund', agent: 'support' })).toBe(expected);
  });

  it('agree with a scan over all rules', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '_'), maxLength: 4 });
    const pattern = fc
      .tuple(name, fc.boolean())
      .map(([text, star]) => (star ? `${text}*` : `${text}x`));
    const names = fc.option(fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 4 })), {
      nil: undefined,
    });
    const holds = (patterns: string | readonly string[] | undefined, value: string): boolean =>
      patterns === undefined ||
      [patterns]
        .flat()
        .some((p) => (p.endsWith('*') ? value.startsWith(p.slice(0, -1)) : p === value));
    fc.assert(
      fc.property(
        fc.array(fc.record({ tool: names, agent: names }), { maxLength: 8 }),
        name,
        name,
        (matches, tool, agent) => {
          const call = { tool: `${tool}x`, agent: `${agent}x` };
          const policy = policyOf(
            ...matches.map((m) => ({
              verdict: 'flag' as const,
              match: Object.fromEntries(Object.entries(m).filter(([, v]) => v !== undefined)),
            })),
          );
          const decision = decide({ policy, containments: [], call: callOf(call), nowMillis: NOW });
          const expected = matches.flatMap((m, index) =>
            holds(m.tool, call.tool) && holds(m.agent, call.agent) ? [`r${index}`] : [],
          );
          expect(decision.rules.map(({ id }) => id)).toEqual(expected);
        },
      ),
    );
  });
});
