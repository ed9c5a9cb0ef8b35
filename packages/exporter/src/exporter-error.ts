const BRAND = Symbol.for('aftertrace.exporter.error');

/**
 * What can go wrong in this package, as codes to branch on. Messages are for people and may change.
 *
 * - `journal_unavailable`: the disk refused (full, broken, failed sync); nothing was acknowledged, try again later.
 * - `journal_overloaded`: more bytes wait for the disk than allowed; nothing was stored.
 * - `journal_closed`: the journal was not started or has been shut down.
 * - `journal_not_retained`: `release` without a matching retain; a bug of the caller.
 * - `journal_unreadable`: the disk does not give back what it has taken.
 * - `journal_key_missing`: a segment of the journal was encrypted with a key that was not given; nothing was changed.
 * - `journal_key_unusable`: a key of the journal is none, cannot be read, or may be read by others.
 * - `data_dir_version`: the data directory was written by another version of its layout.
 * - `data_dir_unusable`: the data directory cannot be created or written.
 * - `receiver_listen`: the address to listen on is taken or not ours.
 * - `zstd_unavailable`: this Node cannot compress with zstd, which the configuration asks for.
 * - `holds_unreadable`: the legal holds cannot be read, so nothing is deleted.
 * - `erased_runs_unreadable`: nobody knows which runs of the journal were erased, so none of it is replayed.
 */
export type ExporterErrorCode =
  | 'journal_unavailable'
  | 'journal_overloaded'
  | 'journal_closed'
  | 'journal_not_retained'
  | 'journal_unreadable'
  | 'journal_key_missing'
  | 'journal_key_unusable'
  | 'data_dir_version'
  | 'data_dir_unusable'
  | 'receiver_listen'
  | 'zstd_unavailable'
  | 'holds_unreadable'
  | 'erased_runs_unreadable';

/** The one error class of `@aftertrace/exporter`; recognise it with {@link isExporterError}, not with `instanceof`. */
export class ExporterError extends Error {
  /** What went wrong, to branch on. */
  readonly code: ExporterErrorCode;
  /** True for every error of this package, also when two copies of it are loaded. */
  readonly [BRAND] = true;

  constructor(code: ExporterErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ExporterError';
    this.code = code;
  }
}

/** Whether a caught value is an {@link ExporterError}, of this copy of the package or of another. */
export function isExporterError(error: unknown): error is ExporterError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
