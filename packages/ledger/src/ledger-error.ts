const BRAND = Symbol.for('aftertrace.ledger.error');

/**
 * What went wrong with a ledger.
 *
 * - `ledger_broken`: the file on disk is not an unbroken chain; it is never continued.
 * - `ledger_cut`: a checkpoint says that the ledger went further, or otherwise, than the file on disk; it is never continued.
 * - `checkpoint_unreadable`: what a file of checkpoints ends with is none of ours.
 * - `ledger_write_failed`: the disk refused the entry (full, read-only, I/O error); nothing of it stays, try again later.
 * - `ledger_overloaded`: more is waiting to be written than the ledger holds in memory.
 * - `ledger_changed`: somebody else wrote to the file while it was open.
 * - `ledger_closed`: the ledger has been closed.
 * - `trim_refused`: nothing was removed from the beginning; the message says why.
 * - `entry_invalid`: the entry cannot be recorded as given.
 */
export type LedgerErrorCode =
  | 'ledger_broken'
  | 'ledger_cut'
  | 'checkpoint_unreadable'
  | 'ledger_write_failed'
  | 'ledger_overloaded'
  | 'ledger_changed'
  | 'ledger_closed'
  | 'trim_refused'
  | 'entry_invalid';

/** The one error class of this package; `code` says which case, `message` what to do. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  readonly [BRAND] = true;

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** True for errors of this class, also when another copy of the package made them. */
  static is(value: unknown): value is LedgerError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
