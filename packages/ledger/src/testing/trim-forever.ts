import { readSigningKey } from '@aftertrace/schema/ed25519';

import { openLedger } from '../open-ledger.ts';
import { input, NOW } from './inputs.ts';

/** A process that writes and removes until it is killed. */
const [path = '', ...files] = process.argv.slice(2);
const key = readSigningKey(process.env['SIGNING_KEY'] ?? '');
const ledger = await openLedger({ path, now: () => NOW, checkpoints: { key, files } });
for (let n = ledger.head().seq + 1; ; n += 50) {
  const numbers = Array.from({ length: 50 }, (_, more) => n + more);
  await Promise.all(numbers.map(async (one) => ledger.append(input(one, { n: one }))));
  const through = ledger.head().seq - 40;
  const actor = { kind: 'system', id: 'aftertrace/retention', assurance: 'asserted' } as const;
  await ledger.trim({ through, actor, policy: {}, carry: async () => [] });
  process.stdout.write(`${through}\n`);
}
