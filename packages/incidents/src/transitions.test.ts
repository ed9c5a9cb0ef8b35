import { IncidentState, type Actor } from '@aftertrace/schema';
import { describe, expect, test } from 'vitest';

import { ana } from './testing/findings.ts';
import { allowedTransitions, refusalOf } from './transitions.ts';

const whole = {
  actor: ana,
  reason: 'because',
  mergedInto: 'inc_other',
  signOff: { by: 'ben@example.com', actions: 'verified' },
} as const;

/** The table of the contract, written down a second time: rows are from, columns the states it may go to. */
const contract: Readonly<Record<IncidentState, string>> = {
  triage: 'open dismissed merged',
  open: 'contained resolved dismissed merged',
  contained: 'open resolved merged',
  resolved: 'open review',
  review: 'open closed',
  closed: 'open',
  dismissed: 'open',
  merged: '',
};

describe.each(IncidentState.options)('from %s', (from) => {
  test.each(IncidentState.options)('to %s', (to) => {
    const allowed = contract[from].split(' ').includes(to);
    expect(refusalOf(from, { ...whole, to })?.code).toBe(allowed ? undefined : 'not_allowed');
  });
});

test('the refusal says where it may go instead', () => {
  expect(refusalOf('triage', { ...whole, to: 'closed' })?.message).toBe(
    'an incident in triage cannot go to closed; from triage it may go to open, dismissed, merged',
  );
});

test.each([
  ['identity_required', { to: 'open', actor: { ...ana, id: ' ' } }],
  ['reason_required', { to: 'open', reason: ' \n' }],
  ['merge_target_required', { to: 'merged', mergedInto: undefined }],
  ['sign_off_required', { to: 'closed', signOff: undefined }],
] as const)('%s', (code, changes) => {
  const from = changes.to === 'closed' ? 'review' : 'triage';
  expect(refusalOf(from, { ...whole, ...changes })).toMatchObject({ ok: false, code });
});

const machine: Actor = { kind: 'system', id: 'aftertrace/incidents', assurance: 'asserted' };
const agent: Actor = { kind: 'agent', id: 'support', assurance: 'token' };

test('a machine may only bring back what was settled, an agent nothing', () => {
  for (const from of IncidentState.options) {
    for (const to of allowedTransitions[from]) {
      const refused = refusalOf(from, { ...whole, to, actor: machine })?.code;
      const mayReopen = to === 'open' && ['resolved', 'review', 'closed'].includes(from);
      expect([from, to, refused]).toEqual([from, to, mayReopen ? undefined : 'identity_required']);
      expect(refusalOf(from, { ...whole, to, actor: agent })?.code).toBe('identity_required');
    }
  }
});
