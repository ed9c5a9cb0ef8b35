import { describe, expect, it } from 'vitest';

import { compileBundle } from './compile.ts';
import { decide, describeCall } from './index.ts';
import { callOf, NOW, policyOf, stateOf } from './testing/make.ts';

const decided = (
  policy: ReturnType<typeof policyOf>,
  call: Parameters<typeof callOf>[0],
): string | undefined =>
  decide({ policy, containments: [], call: callOf(call), nowMillis: NOW, state: stateOf() }).rule;

describe('a rule about what tools can do', () => {
  it('is about tools that can, whatever they are called', () => {
    const policy = policyOf({ id: 'money', match: { capability: 'pay*' } });
    expect(decided(policy, { capabilities: ['net', 'payments'] })).toBe('money');
    expect(decided(policy, { tool: 'other', capabilities: ['pay'] })).toBe('money');
    expect(decided(policy, { capabilities: ['net'] })).toBeUndefined();
    expect(decided(policy, { capabilities: [] })).toBeUndefined();
    expect(decided(policy, {})).toBeUndefined();
  });

  it('needs its tool and its agent, too, where it names them', () => {
    const policy = policyOf(
      { id: 'one', match: { capability: 'pay', tool: 'refund', agent: 'support' } },
      { id: 'two', match: { capability: 'pay', agent: 'billing' } },
    );
    const call = { capabilities: ['pay'], tool: 'refund' };
    expect(decided(policy, { ...call, agent: 'support' })).toBe('one');
    expect(decided(policy, { ...call, agent: 'billing' })).toBe('two');
    expect(decided(policy, { ...call, agent: 'support', tool: 'charge' })).toBeUndefined();
  });

  it('is asked once of a tool that can several of what it names', () => {
    const policy = policyOf({
      id: 'often',
      match: { capability: ['pay', 'net'], limit: { atMost: 5, per: 'run' } },
    });
    const { effects } = decide({
      policy,
      containments: [],
      call: callOf({ capabilities: ['net', 'pay'], run: 'r' }),
      nowMillis: NOW,
      state: stateOf(),
    });
    expect(effects?.counters).toHaveLength(1);
  });

  it('knows what the bundle says of the tool', () => {
    const compiled = compileBundle({
      name: 'b',
      revision: 1,
      tools: [{ tool: 'charge', capabilities: ['pay'] }],
      rules: [
        {
          id: 'money',
          match: { capability: 'pay' },
          verdict: 'block',
          mode: 'enforce',
          tests: [{ name: 'charge', call: { tool: 'charge' }, expect: 'block' }],
        },
      ],
    });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    const { policy } = compiled;
    expect(decided(policy, describeCall(policy, callOf({ tool: 'charge' })))).toBe('money');
  });

  it('has a star at the end of a name only', () => {
    const rule = { id: 'r', match: { capability: 'p*y' }, verdict: 'block' };
    expect(compileBundle({ name: 'b', revision: 1, rules: [rule] })).toMatchObject({
      ok: false,
      problems: [{ path: ['rules', 0, 'match', 'capability'] }],
    });
  });
});
