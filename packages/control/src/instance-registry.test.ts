import { expect, test } from 'vitest';

import { createInstanceRegistry, mayHold } from './instance-registry.ts';

test('a process that has named more agents than are kept may hold any', () => {
  const registry = createInstanceRegistry({ now: () => 0, pollLivenessMillis: 1 });
  const held = (agent: string): boolean =>
    registry.live().some((instance) => mayHold(instance, { agent }));
  for (let index = 0; index < 100; index += 1) registry.polled('i-1', `agent-${index}`);
  expect([held('agent-99'), held('agent-100')]).toEqual([true, false]);
  registry.polled('i-1', 'agent-99');
  expect(held('agent-100')).toBe(false);
  registry.polled('i-1', 'agent-100');
  expect([held('agent-100'), held('another')]).toEqual([true, true]);
});
