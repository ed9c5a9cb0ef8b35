import { appendFileSync } from 'node:fs';

/** What became of one module of a known framework in this process. */
export interface Attachment {
  /** npm package, for example `ai`. */
  readonly name: string;
  readonly version: string;
  readonly format: 'module' | 'commonjs';
  readonly status: 'attached' | 'unattached';
  /** Functions that were wrapped. */
  readonly symbols: readonly string[];
  /** Why it was not attached, in plain words. */
  readonly reason?: string;
}

/** The list of what was attached, and its way out of the process. */
export interface AttachmentLog {
  add(attachment: Attachment): void;
  list(): readonly Attachment[];
}

/** Where the list goes besides memory. */
export interface AttachmentLogOptions {
  /**
   * File that gets one JSON line an attachment: `{at, pid, instance, name, version, format, status, symbols, reason?}`.
   * Appended, so that any number of processes of one application may share it.
   */
  readonly file: string | undefined;
  readonly instance: string;
  readonly now: () => number;
  /** Told when the file could not be written. */
  readonly onError: (error: unknown) => void;
}

/** Keeps the list in memory and, where asked to, in a file. */
export function createAttachmentLog(options: AttachmentLogOptions): AttachmentLog {
  const attachments: Attachment[] = [];
  return {
    add: (attachment) => {
      attachments.push(attachment);
      if (options.file === undefined) return;
      const line = {
        at: new Date(options.now()).toISOString(),
        pid: process.pid,
        instance: options.instance,
        ...attachment,
      };
      try {
        appendFileSync(options.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
      } catch (error) {
        options.onError(error);
      }
    },
    list: () => attachments,
  };
}
