export type { AppendFile } from './append-file.ts';
export type { LedgerProblem, LedgerProblemKind } from './check-chain.ts';
export type { CheckpointSource } from './check-checkpoints.ts';
export type { EvidenceGap } from './check-evidence.ts';
export type { CheckpointOptions } from './checkpoint-keeper.ts';
export {
  createEvidenceSequence,
  type Arrival,
  type EvidenceSequence,
  type SeqRange,
} from './evidence-sequence.ts';
export { LedgerError, type LedgerErrorCode } from './ledger-error.ts';
export { openLedger, type Ledger, type LedgerOptions } from './open-ledger.ts';
export type { EntryFilter, StoredEntry } from './read-entries.ts';
export { readLedgerLines } from './read-lines.ts';
export type { Removal } from './removal.ts';
export { EMPTY_HEAD, GENESIS_HASH, type LedgerHead } from './seal-entry.ts';
export type { TrimRequest, TrimResult } from './trim-ledger.ts';
export { verifyLedger, type LedgerReport, type VerifyOptions } from './verify-ledger.ts';
