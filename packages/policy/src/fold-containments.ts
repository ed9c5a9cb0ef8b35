import type { Containment } from '@aftertrace/schema';

import { isActive } from './containment.ts';

/** One fact in the life of a containment; the types are those of the audit log. */
export type ContainmentEvent =
  | { readonly type: 'containment.requested'; readonly containment: Containment }
  | {
      readonly type: 'containment.effective';
      readonly id: string;
      readonly effect: Containment['effective'][number];
    }
  | { readonly type: 'containment.unreachable'; readonly id: string; readonly instance: string }
  | {
      readonly type: 'containment.staged';
      readonly id: string;
      readonly staged: NonNullable<Containment['staged']>;
      /** When it ends by itself; absent: when it would have ended anyway. */
      readonly expiresAt?: string;
    }
  | {
      readonly type: 'containment.released';
      readonly id: string;
      readonly released: NonNullable<Containment['released']>;
    };

/**
 * The containments that a sequence of events leaves behind, in the order of their requests, released ones included
 * (`activeContainments` leaves those out). The first request of an id and its first release stand; events about an id
 * that was never requested are ignored; proof of an instance takes it off the unreachable ones.
 */
export function foldContainments(events: Iterable<ContainmentEvent>): readonly Containment[] {
  const byId = new Map<string, Containment>();
  for (const event of events) {
    if (event.type === 'containment.requested') {
      if (!byId.has(event.containment.id)) byId.set(event.containment.id, event.containment);
      continue;
    }
    const containment = byId.get(event.id);
    if (containment !== undefined) byId.set(event.id, applyEvent(containment, event));
  }
  return [...byId.values()];
}

/** Those that are neither released nor expired. */
export function activeContainments(
  containments: readonly Containment[],
  nowMillis: number,
): readonly Containment[] {
  return containments.filter((containment) => isActive(containment, nowMillis));
}

function applyEvent(
  containment: Containment,
  event: Exclude<ContainmentEvent, { type: 'containment.requested' }>,
): Containment {
  switch (event.type) {
    case 'containment.effective': {
      const { instance } = event.effect;
      return {
        ...containment,
        effective: [
          ...containment.effective.filter((effect) => effect.instance !== instance),
          event.effect,
        ],
        unreachable: containment.unreachable.filter((other) => other !== instance),
      };
    }
    case 'containment.unreachable':
      if (
        containment.unreachable.includes(event.instance) ||
        containment.effective.some((effect) => effect.instance === event.instance)
      ) {
        return containment;
      }
      return { ...containment, unreachable: [...containment.unreachable, event.instance] };
    case 'containment.staged':
      if (containment.released !== undefined || containment.staged !== undefined) {
        return containment;
      }
      return {
        ...containment,
        mode: 'shadow',
        staged: event.staged,
        ...(event.expiresAt === undefined ? {} : { expiresAt: event.expiresAt }),
      };
    case 'containment.released':
      return containment.released === undefined
        ? { ...containment, released: event.released }
        : containment;
  }
}
