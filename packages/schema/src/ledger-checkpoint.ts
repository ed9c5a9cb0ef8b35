import { z } from 'zod';

import { Timestamp } from './time.ts';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * A signed statement of how far a ledger goes: what is kept of it elsewhere shows that the ledger's end, or all of it,
 * was cut off or written anew.
 */
export const LedgerCheckpoint = z.strictObject({
  /** Inside what is signed, so that no other record can pass for a checkpoint. */
  schema_version: z.literal('aftertrace.checkpoint.v1'),
  at: Timestamp,
  /** Entries from the first to the one that `hash` belongs to, removed ones too: the last one's `seq` and 1. */
  entries: z.int().positive(),
  /** `hash` of the last of them, and by the chain of all. */
  hash: Sha256,
  /** SHA-256 over the line of the checkpoint made before; 64 zeros for the first. */
  previous: Sha256,
  keyId: z.string().regex(/^ed25519:[0-9a-f]{32}$/),
  /** Ed25519 over the RFC 8785 form without this member, in base64. */
  signature: z.base64(),
});
export type LedgerCheckpoint = z.infer<typeof LedgerCheckpoint>;
