import type { Containment } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  activeContainments,
  appliesTo,
  foldContainments,
  isActive,
  type ContainmentEvent,
} from './index.ts';
import { callOf, containmentOf, NOW } from './testing/make.ts';

const LATER = '2026-06-01T00:00:00.001Z';
const { actor } = containmentOf();

describe('appliesTo', () => {
  const call = callOf({
    tenant: 't',
    agentVersion: '1',
    conversation: 'c',
    run: 'r',
    capabilities: ['pay', 'mail'],
  });
  it.each<readonly [Containment['scope'], boolean]>([
    ['global', true],
    [{ tool: 'refund' }, true],
    [{ tool: 'refunds' }, false],
    [{ agent: 'support' }, true],
    [{ agent: 'sup*' }, false],
    [{ agent: 'support', tool: 'email' }, false],
    [
      {
        tenant: 't',
        agent: 'support',
        agentVersion: '1',
        conversation: 'c',
        run: 'r',
        tool: 'refund',
        capability: 'pay',
      },
      true,
    ],
    [{ tenant: 'u' }, false],
    [{ agentVersion: '2' }, false],
    [{ conversation: 'd' }, false],
    [{ run: 's' }, false],
    [{ capability: 'mail' }, true],
    [{ capability: 'shell' }, false],
  ])('scope %j: %s', (scope, expected) => {
    expect(appliesTo(containmentOf({ scope }), call, NOW)).toBe(expected);
  });

  it('what is not known of a call is covered by no scope that names it', () => {
    for (const scope of [
      { run: 'r' },
      { tenant: 't' },
      { conversation: 'c' },
      { capability: 'pay' },
      { agentVersion: '1' },
    ]) {
      expect(appliesTo(containmentOf({ scope }), callOf(), NOW)).toBe(false);
    }
  });

  it.each<readonly [string, Partial<Containment>, boolean]>([
    ['expires later', { expiresAt: LATER }, true],
    ['expires now', { expiresAt: '2026-06-01T00:00:00.000Z' }, false],
    ['never expires', {}, true],
    ['a time that cannot be read', { expiresAt: 'soon' }, true],
    ['retire has no expiry', { kind: 'retire', expiresAt: '2026-01-01T00:00:00.000Z' }, true],
    ['released', { released: { actor, reason: 'x', at: LATER } }, false],
    ['a drill runs the same path', { drill: true }, true],
  ])('%s', (_what, containment, expected) => {
    expect(appliesTo(containmentOf(containment), call, NOW)).toBe(expected);
    expect(isActive(containmentOf(containment), NOW)).toBe(expected);
  });
});

describe('foldContainments', () => {
  const id = fc.constantFrom('a', 'b', 'c');
  const instance = fc.constantFrom('i', 'j');
  const event: fc.Arbitrary<ContainmentEvent> = fc.oneof(
    fc
      .record({ id, reason: fc.constantFrom('x', 'y') })
      .map((c) => ({ type: 'containment.requested' as const, containment: containmentOf(c) })),
    fc.record({ id, instance }).map((e) => ({
      type: 'containment.effective' as const,
      id: e.id,
      effect: { instance: e.instance, at: LATER, aborted: 0 },
    })),
    fc.record({ type: fc.constant('containment.unreachable' as const), id, instance }),
    fc.record({ id, reason: fc.constantFrom('p', 'q') }).map((e) => ({
      type: 'containment.released' as const,
      id: e.id,
      released: { actor, reason: e.reason, at: LATER },
    })),
  );
  const events = fc.array(event, { maxLength: 30 });

  it('holds one containment an id, with its first request and its first release', () => {
    fc.assert(
      fc.property(events, (list) => {
        const folded = foldContainments(list);
        const requests = list
          .filter((e) => e.type === 'containment.requested')
          .map((e) => e.containment);
        const ids = [...new Set(requests.map((c) => c.id))];
        expect(folded.map((c) => c.id)).toEqual(ids);
        for (const containment of folded) {
          const first = requests.find((c) => c.id === containment.id);
          expect(containment.reason).toBe(first?.reason);
          const from = list.findIndex(
            (e) => e.type === 'containment.requested' && e.containment.id === containment.id,
          );
          const releases = list
            .slice(from)
            .filter((e) => e.type === 'containment.released' && e.id === containment.id);
          expect(containment.released).toEqual(
            releases[0]?.type === 'containment.released' ? releases[0].released : undefined,
          );
          const proven = containment.effective.map((e) => e.instance);
          expect(new Set(proven).size).toBe(proven.length);
          expect(containment.unreachable.filter((i) => proven.includes(i))).toEqual([]);
        }
        expect(activeContainments(folded, NOW)).toEqual(
          folded.filter((c) => c.released === undefined),
        );
      }),
    );
  });

  it('changes none of the events, and a release stays a release whatever follows', () => {
    fc.assert(
      fc.property(events, events, (list, more) => {
        const before = JSON.stringify(list);
        const released = foldContainments(list).filter((c) => c.released !== undefined);
        const later = foldContainments([...list, ...more]);
        for (const containment of released) {
          const then = later.find((c) => c.id === containment.id);
          expect(then?.released).toEqual(containment.released);
        }
        expect(JSON.stringify(list)).toBe(before);
      }),
    );
  });
});
