import { describe, expect, test } from 'vitest';

import { compileBundle } from './compile-bundle.ts';
import { explainCall, type CallExplanation } from './explain-call.ts';

function explain(
  rules: readonly object[],
  test: object,
  more: object = {},
  nowMillis = 0,
): CallExplanation {
  const compiled = compileBundle({ name: 'shop', revision: 1, rules, ...more });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const { bundle, policy } = compiled;
  const given = test as Parameters<typeof explainCall>[0]['test'];
  return explainCall({ bundle, policy, test: given, nowMillis });
}

const big = {
  id: 'big-refunds',
  match: {
    tool: 'refund',
    arguments: [
      { pointer: '/amount', above: 100 },
      { pointer: '/currency', equals: 'EUR' },
    ],
  },
  when: 'arguments.amount > 500',
  verdict: 'block',
  mode: 'enforce',
};
const other = { id: 'other', match: { tool: 'sql' }, verdict: 'block' };

describe('explaining a call', () => {
  test('says of each rule about it which conditions hold', () => {
    const call = { agent: 'a', tool: 'refund', arguments: { amount: 200, currency: 'EUR' } };
    const { decision, rules, aboutOthers } = explain([big, other], { call });
    expect(decision.action).toBe('allow');
    expect(aboutOthers).toBe(1);
    expect(rules).toMatchObject([
      {
        id: 'big-refunds',
        matches: false,
        parts: [
          { part: 'match.tool', holds: true },
          { part: 'match.arguments[0]', holds: true, written: { pointer: '/amount', above: 100 } },
          { part: 'match.arguments[1]', holds: true },
          { part: 'when', holds: false, written: 'arguments.amount > 500' },
        ],
      },
    ]);
  });

  test('decides as the agent would', () => {
    const call = { agent: 'a', tool: 'refund', arguments: { amount: 900, currency: 'EUR' } };
    const { decision, rules } = explain([big, other], { call });
    expect(decision).toMatchObject({ action: 'block', rule: 'big-refunds' });
    expect(rules[0]?.matches).toBe(true);
  });

  test('takes what happened before as given', () => {
    const rule = {
      id: 'after-web',
      match: { conversation: { labels: ['untrusted'] } },
      verdict: 'block',
      mode: 'enforce',
    };
    const call = { agent: 'a', tool: 'send_mail', arguments: {} };
    expect(explain([rule], { call }).decision.action).toBe('allow');
    const { decision } = explain([rule], { call, given: { labels: ['untrusted'] } });
    expect(decision.action).toBe('block');
  });

  test('looks at the result where there is one', () => {
    const rule = {
      id: 'secret-results',
      match: { result: [{ pointer: '/secret', exists: true }] },
      verdict: 'block',
      mode: 'enforce',
    };
    const call = { agent: 'a', tool: 'read', arguments: {} };
    expect(explain([rule], { call }).resultDecision).toBeUndefined();
    const { resultDecision, rules } = explain([rule], {
      call: { ...call, result: { secret: 1 } },
    });
    expect(resultDecision?.action).toBe('block');
    expect(rules[0]?.parts).toMatchObject([{ part: 'match.result[0]', holds: true }]);
  });

  test('asks an expression when the call is asked about, and with its result', () => {
    const call = { agent: 'a', tool: 'read', arguments: {}, result: { total: 5 } };
    const nights = { id: 'nights', match: {}, when: 'now.getHours() == 3', verdict: 'block' };
    const totals = {
      id: 'totals',
      match: { result: [{ pointer: '/total', exists: true }] },
      when: 'result.total > 4.0',
      verdict: 'block',
    };
    const { rules } = explain([nights, totals], { call }, {}, 3 * 3_600_000);
    expect(rules.map(({ matches, parts }) => [matches, parts.map(({ holds }) => holds)])).toEqual([
      [true, [true]],
      [true, [true, true]],
    ]);
  });

  test('knows what the bundle knows of the tool', () => {
    const rule = {
      id: 'grave',
      match: { reversibility: { atLeast: 'irreversible' } },
      verdict: 'escalate',
      mode: 'enforce',
    };
    const call = { agent: 'a', tool: 'drop_table', arguments: {} };
    const tools = [{ tool: 'drop_table', reversibility: 'read_only' }];
    expect(explain([rule], { call }, { tools }).rules[0]?.matches).toBe(false);
    expect(explain([rule], { call }).rules[0]?.matches).toBe(true);
  });
});
