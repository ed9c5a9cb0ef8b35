import type { Actor } from '@aftertrace/schema';

/** This program, as it stands in events that no person caused. */
export const MACHINE: Actor = {
  kind: 'system',
  id: 'aftertrace/incidents',
  assurance: 'asserted',
};
