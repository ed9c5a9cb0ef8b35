import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { containment } from '../testing/guard-fixture.ts';
import { readAnswer, readState } from './read-messages.ts';

describe('a state', () => {
  const state = { revision: 3, policy: { name: 'p' }, containments: [containment()] };

  test('is read with what it knows and without what a newer companion adds', () => {
    const newer = { ...state, later: 1, containments: [{ ...containment(), later: 1 }] };
    expect(readState(JSON.stringify(newer))).toMatchObject(state);
  });

  test.each([
    [400, 400],
    [86_400_000, 2_000],
    ['soon', undefined],
    [-1, undefined],
  ])('says over how long answers are spread: %s is %s', (ackSpreadMillis, expected) => {
    const read = readState(JSON.stringify({ ...state, ackSpreadMillis }));
    expect(read).toMatchObject(state);
    expect((read as { ackSpreadMillis?: number }).ackSpreadMillis).toBe(expected);
  });

  test.each([
    ['no JSON', ']'],
    ['no object', '[]'],
    ['no revision', JSON.stringify({ ...state, revision: '3' })],
    ['a negative revision', JSON.stringify({ ...state, revision: -1 })],
    ['no containments', JSON.stringify({ ...state, containments: {} })],
    ['a containment without id', JSON.stringify({ ...state, containments: [{ kind: 'kill' }] })],
    ...(
      [
        { kind: 'freeze' },
        { mode: 'maybe' },
        { scope: {} },
        { scope: { tool: 5 } },
        { scope: { weekday: 'monday' } },
        { reason: null },
      ] as const
    ).map((change) => [
      `a containment with ${JSON.stringify(change)}`,
      JSON.stringify({ ...state, containments: [{ ...containment(), ...change }] }),
    ]),
  ])('with %s is refused whole, in words', (_name, json) => {
    expect(readState(json)).toEqual(expect.any(String));
  });
});

test('an answer that names nobody, no reason or no action is refused', () => {
  const override = {
    id: 'o',
    decision: 'approve',
    reason: 'r',
    actor: { id: 'ana' },
    prior: { source: 'policy', decision: 'escalate' },
  };
  const answer = { approval: 'a', instance: 'i', actionDigest: 'd', override };
  expect(readAnswer(JSON.stringify(answer))).toMatchObject(answer);
  for (const bad of [
    { ...answer, actionDigest: undefined },
    { ...answer, approval: 7 },
    { ...answer, override: null },
    ...(['id', 'decision', 'reason', 'actor', 'prior'] as const).map((key) => ({
      ...answer,
      override: { ...override, [key]: undefined },
    })),
    { ...answer, override: { ...override, decision: 'modify' } },
    { ...answer, override: { ...override, decision: 'escalate' } },
  ]) {
    expect(readAnswer(JSON.stringify(bad))).toEqual(expect.any(String));
  }
});

test('no text makes the readers throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      readState(text);
      readAnswer(text);
    }),
  );
});
