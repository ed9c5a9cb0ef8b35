import { describe, expect, it } from 'vitest';

import { compileBundle } from './compile.ts';
import { applyResultChanges, decideResult } from './index.ts';
import { callOf, policyOf, type RuleInput } from './testing/make.ts';

const ANY = [{ pointer: '', exists: true }];
const set = (pointer: string, value: string | number, more: Partial<RuleInput> = {}) => ({
  verdict: 'transform' as const,
  match: { result: ANY },
  with: { transforms: [{ in: 'result' as const, pointer, set: value }] },
  ...more,
});

function delivered(rules: readonly Partial<RuleInput>[], result: unknown) {
  const decision = decideResult({ policy: policyOf(...rules), call: callOf(), result });
  return { ...decision, value: applyResultChanges(result, decision.resultRedactions) };
}

describe('a transform of a result', () => {
  it('sets a value in what is delivered, and changes nothing of what was given', () => {
    const result = { price: 5, rows: [1] };
    expect(delivered([set('/price', 0)], result)).toMatchObject({
      action: 'transform',
      rule: 'r0',
      value: { price: 0, rows: [1] },
    });
    expect(result.price).toBe(5);
    expect(delivered([set('/price', 0)], '{"price":5}').value).toBe('{"price":0}');
  });

  it('composes with redactions in the order of the bundle', () => {
    const redact: Partial<RuleInput> = {
      verdict: 'redact',
      match: { result: ANY },
      with: { redactions: [{ in: 'result', pointer: '', detect: ['email'] }] },
    };
    const note = set('/note', 'ask ana@example.com');
    expect(delivered([note, redact], { note: '' }).value).toEqual({ note: 'ask [REDACTED]' });
    expect(delivered([redact, note], { note: '' }).value).toEqual({ note: 'ask ana@example.com' });
  });

  it('is no match where nothing is to be changed, and in shadow it is told only', () => {
    expect(delivered([set('/price', 5)], { price: 5 })).toMatchObject({
      verdict: 'allow',
      rules: [],
    });
    expect(delivered([set('/price', 0, { mode: 'shadow' })], { price: 5 })).toMatchObject({
      verdict: 'transform',
      action: 'allow',
      value: { price: 5 },
    });
  });

  it.each(['allow', 'block'] as const)('that cannot be made follows its onError: %s', (onError) => {
    expect(delivered([set('/price/value', 0, { onError })], { price: 5 })).toMatchObject({
      action: onError,
      unevaluated: ['r0'],
      value: { price: 5 },
    });
  });

  it('leaves what has been redacted as a whole', () => {
    const gone = {
      verdict: 'redact' as const,
      match: { result: ANY },
      with: { redactions: [{ in: 'result' as const, pointer: '/price' }] },
    };
    const found = delivered([gone, set('/price/value', 0)], { price: { value: 5 } });
    expect(found.value).toEqual({ price: '[REDACTED]' });
  });
});

it.each([
  ['in a rule about calls', { match: {} }, 'result'],
  ['of arguments in a rule about results', { match: { result: ANY } }, 'arguments'],
] as const)('a transform %s is refused', (_name, about, where) => {
  const transforms = [{ in: where, pointer: '/a', set: 1 }];
  const rule = { id: 'r', verdict: 'transform', with: { transforms }, ...about };
  expect(compileBundle({ name: 'b', revision: 1, rules: [rule] })).toMatchObject({
    ok: false,
    problems: [{ path: ['rules', 0, 'with', 'transforms', 0, 'in'] }],
  });
});
