import { readPublicKey, type SigningKey } from '@aftertrace/schema/ed25519';

import type { FoundCheckpoint } from './checkpoint-keeper.ts';
import { signedText } from './checkpoint.ts';
import { LedgerError } from './ledger-error.ts';
import type { Recovery } from './recover.ts';
import type { LedgerHead } from './seal-entry.ts';

/** The entries that checkpoints state as the last ones. */
export function lastSeqsOf(found: readonly FoundCheckpoint[]): ReadonlySet<number> {
  return new Set(found.map(({ checkpoint }) => checkpoint.entries - 1));
}

export interface Compared {
  readonly path: string;
  readonly recovery: Recovery;
  readonly found: readonly FoundCheckpoint[];
}

/**
 * Compares a ledger with what was signed of it before: a sound chain may be a shorter one, or another.
 *
 * @throws LedgerError `ledger_cut`, or `checkpoint_unreadable` for a checkpoint with this key's id that it did not sign.
 */
export function compareWithCheckpoints({ path, recovery, found }: Compared, key: SigningKey): void {
  const publicKey = readPublicKey(key.publicKeyPem);
  for (const { checkpoint, file } of found) {
    const { entries, hash, at, keyId } = checkpoint;
    if (keyId === key.keyId && !publicKey.verify(signedText(checkpoint), checkpoint.signature)) {
      throw new LedgerError(
        'checkpoint_unreadable',
        `The last checkpoint in ${file} carries the id of the key ${keyId} and not its signature: somebody changed it. ` +
          `Nothing was written. ${WHAT_TO_DO}`,
      );
    }
    const { base } = recovery;
    // What it states was removed since; what says so must be stated by another.
    if (base !== undefined && entries <= base.through) continue;
    const stands = base?.through === entries - 1 ? base.hash : recovery.hashes.get(entries - 1);
    if (stands === hash) continue;
    const found =
      stands === undefined
        ? `has ${recovery.head.seq + 1}`
        : `has another entry in the place of the last of these`;
    throw new LedgerError(
      'ledger_cut',
      `${file} states ${entries} entries at ${at}, and ${path} ${found}. Nothing was written. ${WHAT_TO_DO}`,
    );
  }
}

/**
 * Entries are removed only once it is signed that they are: a beginning that nobody signed for was cut off.
 *
 * @throws LedgerError `ledger_cut`.
 */
export function requireSignedRemoval({ path, recovery, found }: Compared): void {
  const { base } = recovery;
  if (base === undefined) return;
  if (found.some(({ checkpoint: { entries } }) => entries > base.seq)) return;
  throw new LedgerError(
    'ledger_cut',
    `${path} begins after entry ${base.through}, and no checkpoint covers entry ${base.seq}, which says that those before were removed. ` +
      `Nothing was written. ${WHAT_TO_DO}`,
  );
}

const WHAT_TO_DO =
  'Keep both files as evidence, look at them with a verification, and restore a copy; or move both away to begin anew.';

/** What is to be written down before anything else: entries that nobody had signed, another key; undefined for neither. */
export function sealedAnew(
  head: LedgerHead,
  found: readonly FoundCheckpoint[],
  key: SigningKey | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (key === undefined || head.seq < 0) return undefined;
  const newest = found.toSorted((a, b) => b.checkpoint.entries - a.checkpoint.entries)[0];
  const from = newest?.checkpoint.entries ?? 0;
  const previousKey = newest?.checkpoint.keyId;
  const isUnsigned = from <= head.seq;
  const isOtherKey = previousKey !== undefined && previousKey !== key.keyId;
  if (!isUnsigned && !isOtherKey) return undefined;
  return {
    key: key.keyId,
    ...(isOtherKey ? { previousKey } : {}),
    // After a crash the last second, usually. What stands there was in nobody's hands but this disk's.
    ...(isUnsigned ? { unsigned: { from, to: head.seq } } : {}),
  };
}
