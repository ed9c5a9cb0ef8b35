import type { LedgerEntryInput } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { createSealingAppend } from './sealing-append.ts';
import { memoryDetails } from './testing/memory-details.ts';
import { memoryLedger } from './testing/memory-core.ts';

const entry = (type: string, data: LedgerEntryInput['data']): LedgerEntryInput => ({
  at: '2026-11-22T10:00:00.000Z',
  actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
  type,
  data,
});

test('entries keep the order of their calls where the text of one between them cannot be kept', async () => {
  const ledger = memoryLedger(() => false);
  const slow = Promise.withResolvers<void>();
  const append = createSealingAppend({
    ledger,
    details: {
      ...memoryDetails(new Map()),
      putText: async (text) => {
        if (text === 'refused') throw new Error('disk full');
        await slow.promise;
        return `sha256:${'a'.repeat(64)}`;
      },
    },
  });
  const early = Promise.allSettled([
    append(entry('plan.switched_on', { reason: 'slow' })),
    append(entry('plan.switched_off', { reason: 'refused' })),
    append(entry('decision', {})),
  ]);
  // Turns of the event loop: what could overtake has done so.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  const later = append(entry('effect', {}));
  slow.resolve();
  await later;
  expect((await early).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const types: string[] = [];
  for await (const { type } of ledger.entries()) types.push(type);
  expect(types).toEqual(['plan.switched_on', 'decision', 'effect']);
});
