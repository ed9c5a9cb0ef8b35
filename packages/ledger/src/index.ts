export type { AppendFile } from './append-file.ts';
export type { LedgerProblem, LedgerProblemKind } from './check-chain.ts';
export { LedgerError, type LedgerErrorCode } from './ledger-error.ts';
export { openLedger, type EntryFilter, type Ledger, type LedgerOptions } from './open-ledger.ts';
export { EMPTY_HEAD, GENESIS_HASH, type LedgerHead } from './seal-entry.ts';
export { verifyLedger, type LedgerReport } from './verify-ledger.ts';
