import { FORGOTTEN_CONVERSATION, NEW_CONVERSATION, type ProposedCall } from '@aftertrace/policy';
import { beforeEach, describe, expect, it } from 'vitest';

import {
  containment,
  createGuardFixture,
  newScope,
  rule,
  type GuardFixture,
} from '../testing/guard-fixture.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';
import type { Scope } from '../spans/scope.ts';
import { createFactStore, type FactStore } from './fact-store.ts';

const sdk = startRecordingSdk();
beforeEach(() => sdk.reset());

/** A run of its own in a conversation. */
function scopeIn(conversationId: string | undefined, run = 'run-1'): Scope {
  const scope = newScope();
  const agent = { ...scope.agent, conversationId };
  return { ...scope, agent, run: { ...scope.run, id: run, agent } };
}

/** What became of a call: what it returned, or why it was refused. */
async function outcomeOf(
  fixture: GuardFixture,
  more: Parameters<GuardFixture['call']>[0],
  execute: () => unknown = () => 'ran',
): Promise<unknown> {
  try {
    return await fixture.guard.call(fixture.call(more), { execute });
  } catch (error) {
    return (error as { code?: string }).code ?? 'threw';
  }
}

function fails(): never {
  throw new Error('ECONNREFUSED');
}

describe('labels', () => {
  const rules = [
    {
      id: 'taint',
      match: { tool: 'web_get' },
      verdict: 'flag',
      mode: 'enforce',
      with: { labels: ['untrusted_web'] },
    },
    {
      id: 'no-mail',
      match: { tool: 'mail', conversation: { labels: ['untrusted_web'] } },
      verdict: 'block',
      mode: 'enforce',
    },
  ];

  it('that a call sets hold for later calls of its conversation, whichever run makes them', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce(rules);
    const one = scopeIn('c1');
    expect(await outcomeOf(fixture, { tool: 'mail', scope: one })).toBe('ran');
    expect(await outcomeOf(fixture, { tool: 'web_get', scope: one })).toBe('ran');
    expect(await outcomeOf(fixture, { tool: 'mail', scope: one })).toBe('call_refused');
    const later = scopeIn('c1', 'run-2');
    expect(await outcomeOf(fixture, { tool: 'mail', scope: later })).toBe('call_refused');
    expect(await outcomeOf(fixture, { tool: 'mail', scope: scopeIn('c2') })).toBe('ran');
  });

  it('stand while the call that sets them still runs', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce(rules);
    const scope = scopeIn(undefined);
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    const reading = fixture.guard.call(fixture.call({ tool: 'web_get', scope }), {
      execute: () => waiting,
    });
    await Promise.resolve();
    expect(await outcomeOf(fixture, { tool: 'mail', scope })).toBe('call_refused');
    release();
    await reading;
  });

  it('are not set by a call that was refused', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([...rules, rule('block', { match: { tool: 'web_get' } })]);
    const scope = scopeIn('c1');
    expect(await outcomeOf(fixture, { tool: 'web_get', scope })).toBe('call_refused');
    expect(await outcomeOf(fixture, { tool: 'mail', scope })).toBe('ran');
  });
});

describe('limits', () => {
  it('hold for calls that are proposed at the same time', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('block', { match: { tool: 'refund', limit: { atMost: 2 } } })]);
    const scope = scopeIn('c1');
    const all = await Promise.all(
      Array.from({ length: 5 }, () => outcomeOf(fixture, { scope }, () => Promise.resolve('ran'))),
    );
    expect(all.filter((one) => one === 'ran')).toHaveLength(2);
    expect(all.filter((one) => one === 'call_refused')).toHaveLength(3);
  });

  it('count a call that a person was asked about once, and survive a new policy', async () => {
    const fixture = createGuardFixture();
    const limit = rule('block', { match: { tool: 'refund', limit: { atMost: 1 } } });
    await fixture.enforce([limit, rule('escalate', { with: { onExpiry: 'allow' } })]);
    fixture.answer = async () => {
      await fixture.enforce([limit]);
      return { kind: 'expired' };
    };
    const scope = scopeIn('c1');
    expect(await outcomeOf(fixture, { scope })).toBe('ran');
    expect(await outcomeOf(fixture, { scope })).toBe('call_refused');
    expect(fixture.evidence.at(-1)).toMatchObject({
      type: 'decision',
      data: {
        action: 'block',
        executed: false,
        rule: 'rule-block',
        policy: { revision: 2 },
        actionDigest: expect.stringMatching(/^sha256:/) as unknown,
      },
    });
  });
});

describe('a policy that comes while a call is being decided', () => {
  it('is asked before the call runs, and the one before is not asked again', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('redact', { with: { redactions: [{ pointer: '/card' }] } })]);
    const cleared = await fixture.guard.clear(fixture.call({ arguments: { card: '4111' } }));
    await fixture.enforce([rule('block')]);
    expect(() => fixture.guard.run(cleared, { execute: () => 'ran' })).toThrow('rule-block');
    const second = await fixture.guard.clear(fixture.call());
    expect(second.refusal).toBeDefined();
    await fixture.enforce([]);
    expect(() => fixture.guard.run(second, { execute: () => 'ran' })).toThrow('rule-block');
  });

  it('takes nothing back of what was decided by the one before, if it refuses nothing itself', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([rule('redact', { with: { redactions: [{ pointer: '/card' }] } })]);
    const cleared = await fixture.guard.clear(fixture.call({ arguments: { card: '4111' } }));
    await fixture.enforce([]);
    const seen: unknown[] = [];
    fixture.guard.run(cleared, { execute: (args) => void seen.push(args) });
    expect(seen).toEqual([{ card: '[REDACTED]' }]);
  });
});

describe('a breaker', () => {
  const breaker = { failures: 2, withinMillis: 60_000, openMillis: 30_000 };
  const circuit = rule('block', { match: { tool: 'refund', breaker } });

  it('opens after so many failures, says so, tries again, and closes', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([circuit]);
    expect(await outcomeOf(fixture, {}, fails)).toBe('threw');
    expect(sdk.events('aftertrace.circuit')).toHaveLength(0);
    expect(await outcomeOf(fixture, {}, fails)).toBe('threw');
    expect(sdk.events('aftertrace.circuit')).toMatchObject([
      {
        attributes: {
          'aftertrace.circuit.state': 'open',
          'aftertrace.circuit.rule': 'rule-block',
          'aftertrace.circuit.mode': 'enforce',
          'gen_ai.tool.name': 'refund',
        },
      },
    ]);
    expect(await outcomeOf(fixture, {})).toBe('call_refused');
    expect(await outcomeOf(fixture, { tool: 'lookup' })).toBe('ran');
    fixture.clock.nowMillis += 30_000;
    expect(await outcomeOf(fixture, {})).toBe('ran');
    expect(sdk.events('aftertrace.circuit').at(-1)).toMatchObject({
      attributes: { 'aftertrace.circuit.state': 'closed' },
    });
    expect(await outcomeOf(fixture, {}, fails)).toBe('threw');
    expect(await outcomeOf(fixture, {})).toBe('ran');
  });

  it('lets one probe through at a time, and opens again when it fails', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([circuit]);
    await outcomeOf(fixture, {}, fails);
    await outcomeOf(fixture, {}, fails);
    fixture.clock.nowMillis += 30_000;
    const both = await Promise.all([
      outcomeOf(fixture, {}, () => Promise.reject(new Error('ECONNREFUSED'))),
      outcomeOf(fixture, {}, () => Promise.resolve('ran')),
    ]);
    expect(both).toEqual(['threw', 'call_refused']);
    expect(await outcomeOf(fixture, {})).toBe('call_refused');
  });

  it('gives the place of a probe free that a person rejected, and that a new rule refused', async () => {
    const fixture = createGuardFixture();
    const escalate = rule('escalate', { with: { onExpiry: 'block' } });
    await fixture.enforce([circuit, escalate]);
    fixture.answer = () => Promise.resolve({ kind: 'expired' });
    await fixture.enforce([circuit]);
    await outcomeOf(fixture, {}, fails);
    await outcomeOf(fixture, {}, fails);
    fixture.clock.nowMillis += 30_000;
    await fixture.enforce([circuit, escalate]);
    expect(await outcomeOf(fixture, {})).toBe('call_refused');
    const second = await fixture.guard.clear(fixture.call());
    expect(second.refusal).toMatchObject({ rule: 'guard.expired' });
    expect(() => fixture.guard.run(second, { execute: () => 'ran' })).toThrow('nobody answered');
    await fixture.enforce([circuit]);
    const third = await fixture.guard.clear(fixture.call());
    await fixture.enforce([circuit, rule('block', { id: 'other' })]);
    expect(() => fixture.guard.run(third, { execute: () => 'ran' })).toThrow('other');
    await fixture.enforce([circuit]);
    expect(await outcomeOf(fixture, {})).toBe('ran');
  });

  it('in shadow refuses nothing and says that it opened', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([{ ...circuit, mode: 'shadow' }]);
    for (let call = 0; call < 3; call += 1) await outcomeOf(fixture, {}, fails);
    expect(await outcomeOf(fixture, {})).toBe('ran');
    expect(sdk.events('aftertrace.circuit')).toMatchObject([
      { attributes: { 'aftertrace.circuit.mode': 'shadow' } },
    ]);
    expect(fixture.evidence.at(-1)).toMatchObject({
      data: { verdict: 'block', action: 'allow', executed: true },
    });
  });
});

describe('a rule that has no answer', () => {
  const unanswered = [
    ['an expression', { when: 'arguments.missing > 1' }],
    ['a sum', { match: { tool: 'refund', limit: { atMost: 1, sumOf: '/missing' } } }],
    [
      'a pattern for a text that is too long',
      { match: { tool: 'refund', arguments: [{ pointer: '/text', pattern: 'x' }] } },
    ],
    ['a walk through what is too large', { when: 'arguments.list.exists(value, value == 1)' }],
  ] as const;
  const args = { text: 'a'.repeat(1_000_001), list: Array.from({ length: 3_000 }, () => 0) };

  it.each(unanswered)(
    'being %s, refuses or lets pass as it says, and is recorded',
    async (_name, how) => {
      const fixture = createGuardFixture();
      await fixture.enforce([rule('flag', { ...how, onError: 'block' })]);
      expect(await outcomeOf(fixture, { arguments: args })).toBe('call_refused');
      expect(fixture.evidence).toMatchObject([
        { type: 'decision', data: { action: 'block', executed: false, rule: 'rule-flag' } },
      ]);
      await fixture.enforce([rule('block', { ...how, onError: 'allow' })]);
      expect(await outcomeOf(fixture, { arguments: args })).toBe('ran');
    },
  );
});

describe('a clock that jumps', () => {
  it('opens no limit and closes no circuit: they have a clock of their own', async () => {
    let steadyMillis = 0;
    const fixture = createGuardFixture({ steadyMillis: () => steadyMillis });
    const limit = { atMost: 1, withinMillis: 1_000, per: 'agent' };
    const breaker = { failures: 1, withinMillis: 1_000, openMillis: 1_000 };
    await fixture.enforce([
      rule('block', { match: { tool: 'refund', limit } }),
      rule('block', { id: 'circuit', match: { tool: 'lookup', breaker } }),
    ]);
    expect(await outcomeOf(fixture, {})).toBe('ran');
    expect(await outcomeOf(fixture, { tool: 'lookup' }, fails)).toBe('threw');
    for (const jump of [86_400_000, -200_000_000]) {
      fixture.clock.nowMillis += jump;
      expect(await outcomeOf(fixture, {})).toBe('call_refused');
      expect(await outcomeOf(fixture, { tool: 'lookup' })).toBe('call_refused');
    }
    steadyMillis = 1_100;
    expect(await outcomeOf(fixture, {})).toBe('ran');
    expect(await outcomeOf(fixture, { tool: 'lookup' })).toBe('ran');
  });
});

describe('what the bundle knows of tools', () => {
  const tools = [
    { tool: 'lookup', reversibility: 'read_only' },
    { tool: 'refund', reversibility: 'irreversible', capabilities: ['money'] },
  ];

  it('lets a tool read in quarantine that says nothing of itself, and no tool that only says so', async () => {
    const fixture = createGuardFixture();
    fixture.tools.describe('refund', { reversibility: 'read_only' });
    const held = containment({ kind: 'quarantine', scope: { agent: 'support' } });
    await fixture.enforce([], [held], { tools });
    expect(await outcomeOf(fixture, { tool: 'lookup' })).toBe('ran');
    expect(await outcomeOf(fixture, { tool: 'refund' })).toBe('call_refused');
  });

  it('lets a containment by capability stop a call under way', async () => {
    const fixture = createGuardFixture();
    await fixture.enforce([], [], { tools });
    const running = outcomeOf(fixture, {}, () => new Promise(() => undefined));
    await Promise.resolve();
    await Promise.resolve();
    await fixture.enforce([], [containment({ scope: { capability: 'money' } })], { tools });
    expect(await running).toBe('call_stopped');
    expect(await outcomeOf(fixture, { tool: 'lookup' })).toBe('ran');
  });
});

describe('facts', () => {
  const call = (conversation: string, more: Partial<ProposedCall> = {}): ProposedCall => ({
    agent: 'a',
    tool: 't',
    arguments: {},
    conversation,
    ...more,
  });
  const { run } = newScope();
  const steady = (): number => 0;
  /** A store of two conversations, and one that has read the web before `others` more came. */
  const after = (others: number, onDrop = (): void => undefined): FactStore => {
    const facts = createFactStore({ now: steady, steadyMillis: steady, maxEntries: 2, onDrop });
    const effects = { counters: [], circuits: [], labels: ['web'], shadowLabels: ['seen'] };
    facts.made({ proposed: call('first'), effects });
    for (let index = 0; index < others; index += 1) {
      facts.made({ proposed: call(`c${index}`), effects: undefined });
    }
    return facts;
  };

  it('are kept whole of so many conversations, and of ten times as many all but the names of tools', () => {
    let dropped = 0;
    const facts = after(21, () => (dropped += 1));
    expect(dropped).toBe(0);
    expect(facts.state(call('c20'), run).conversation.forgotten).toBeUndefined();
    const { conversation } = facts.state(call('first'), run);
    expect(conversation).toMatchObject({ labels: ['web'], shadowLabels: ['seen'], calls: 1 });
    expect(conversation.forgotten).toBe('tools');
    facts.made({ proposed: call('first', { tool: 'other' }), effects: undefined });
    expect(facts.state(call('first'), run).conversation).toMatchObject({
      calls: 2,
      labels: ['web'],
      tools: new Map([['other', 1]]),
      forgotten: 'tools',
    });
  });

  it('that are forgotten are known to be, also after the conversation has gone on', () => {
    let dropped = 0;
    const facts = after(22, () => (dropped += 1));
    expect(dropped).toBe(1);
    expect(facts.state(call('first'), run).conversation).toBe(FORGOTTEN_CONVERSATION);
    expect(facts.state(call('never'), run).conversation).toBe(NEW_CONVERSATION);
    facts.made({ proposed: call('first'), effects: undefined });
    expect(facts.state(call('first'), run).conversation).toMatchObject({
      calls: 1,
      forgotten: 'all',
    });
  });

  it('of limits that are forgotten are known to be', () => {
    const facts = after(0);
    const usage = { kind: 'usage', slotMillis: 0, slot: 0, sums: [1] } as const;
    for (let index = 0; index < 21; index += 1) {
      facts.count({ counters: [[`k${index}`, usage]], circuits: [], labels: [], shadowLabels: [] });
    }
    const { counters } = facts.state(call('first'), run);
    expect(counters.get('k0')).toBeUndefined();
    expect(counters.isForgotten?.('k0')).toBe(true);
    expect(counters.get('k1')).toEqual(usage);
    expect(counters.isForgotten?.('k21')).toBe(false);
  });

  it('of tenants never meet, nor do those of a run and a conversation of one name', () => {
    const now = (): number => 0;
    const facts = createFactStore({ now, steadyMillis: now, onDrop: () => undefined });
    const { run } = newScope();
    const call = { agent: 'a', tool: 't', arguments: {}, conversation: 'x' };
    facts.made({ proposed: call, effects: undefined });
    const others: Partial<ProposedCall>[] = [
      { tenant: 'acme' },
      { conversation: undefined, run: 'x' },
    ];
    for (const other of others) {
      expect(facts.state({ ...call, ...other }, run).conversation.calls).toBe(0);
    }
  });
});
