import { join } from 'node:path';

import type { LedgerEntry } from '@aftertrace/schema';
import { generateSigningKey, readPublicKey, readSigningKey } from '@aftertrace/schema/ed25519';
import { onTestFinished } from 'vitest';

import { openLedger, type Ledger, type LedgerOptions } from '../open-ledger.ts';
import type { TrimRequest } from '../trim-ledger.ts';
import { verifyLedger, type LedgerReport } from '../verify-ledger.ts';
import { NOW } from './inputs.ts';
import { tempDir } from './temp-dir.ts';

const { privateKeyPem, publicKeyPem } = generateSigningKey();

/** Of the key, for processes of their own. */
export { privateKeyPem };

/** Signs the checkpoints of tests. */
export const key = readSigningKey(privateKeyPem);
/** Checks them. */
export const publicKey = readPublicKey(publicKeyPem);

/** Where a ledger and the files of its checkpoints are. */
export interface Place {
  readonly path: string;
  readonly files: readonly [here: string, elsewhere: string];
}

/** A place that is gone with the test. */
export async function place(): Promise<Place> {
  const directory = await tempDir();
  return {
    path: join(directory, 'audit.jsonl'),
    files: [
      join(directory, 'checkpoints.jsonl'),
      join(directory, 'elsewhere', 'checkpoints.jsonl'),
    ],
  };
}

/** Opens it, signed, until the test ends. */
export async function open(
  { path, files }: Place,
  options: Partial<LedgerOptions> = {},
): Promise<Ledger> {
  const ledger = await openLedger({
    path,
    now: () => NOW,
    checkpoints: { key, files, schedule: () => () => undefined },
    ...options,
  });
  onTestFinished(async () => ledger.close().catch(() => undefined));
  return ledger;
}

/** Against its checkpoints, with the public key alone. */
export async function verify({ path, files }: Place): Promise<LedgerReport> {
  return verifyLedger(path, { checkpoints: files, keys: [publicKey] });
}

/** Removes, and carries over what says that it is to be kept. */
export function request(through: number): TrimRequest {
  return {
    through,
    actor: { kind: 'system', id: 'aftertrace/retention', assurance: 'asserted' },
    policy: { maxAgeMillis: 1 },
    carry: async (entries) => {
      const kept: LedgerEntry[] = [];
      for await (const entry of entries()) if (entry.data['keep'] === true) kept.push(entry);
      return kept;
    },
  };
}
