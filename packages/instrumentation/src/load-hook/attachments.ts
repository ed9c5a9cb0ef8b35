import { appendFileSync } from 'node:fs';

import type { ModuleFinding, ModuleName } from './attach.ts';

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
  record(finding: ModuleFinding): void;
  /** All there is to say now, also of packages whose right module may still follow. */
  list(): readonly Attachment[];
  /** Packages of which a module is not attached and will not be, as `openai 8.0.0`. */
  unattachedFrameworks(): readonly string[];
  /** Calls back at each further one. */
  onUnattached(listener: () => void): void;
  /** Nothing more is waited for: what may still follow counts as unattached. */
  settle(): void;
  /** Findings that come from elsewhere are fetched with this before anything is told. */
  fetchWith(fetch: () => void): void;
}

/** What of it concerns the companion. */
export type UnattachedFrameworks = Pick<AttachmentLog, 'unattachedFrameworks' | 'onUnattached'>;

/** Of a process that attaches to nothing. */
export const NOTHING_UNATTACHED: UnattachedFrameworks = Object.freeze({
  unattachedFrameworks: () => [],
  onUnattached: () => undefined,
});

/** Where the list goes besides memory. */
export interface AttachmentLogOptions {
  /**
   * File that gets one JSON line an attachment: `{at, pid, instance, name, version, format, status, symbols, reason?}`.
   * Appended, so that any number of processes of one application may share it.
   */
  readonly file: string | undefined;
  readonly instance: () => string;
  readonly now: () => number;
  /** Called after the time in which the right module of a package follows the others. */
  readonly later: (action: () => void) => void;
  /** Told of each attachment once. */
  readonly onAttachment: (attachment: Attachment) => void;
  /** Told when something went wrong, for example that the file could not be written. */
  readonly onError: (key: string, message: string) => void;
}

/** Attachments of one process; more are not told of. */
const MAX_ATTACHMENTS = 1_000;

/** Keeps the list in memory and, where asked to, in a file. */
export function createAttachmentLog(options: AttachmentLogOptions): AttachmentLog {
  return new Log(options);
}

class Log implements AttachmentLog {
  readonly #options: AttachmentLogOptions;
  readonly #attachments: Attachment[] = [];
  /** Replaced as a whole: asked for at each tool call. */
  #unattached: readonly string[] = [];
  readonly #listeners: (() => void)[] = [];
  readonly #told = new Set<string>();
  /** Packages of which only other modules were seen, by name, version and format. */
  readonly #awaited = new Map<string, Attachment>();
  readonly #attached = new Set<string>();
  #fetch: () => void = () => undefined;

  constructor(options: AttachmentLogOptions) {
    this.#options = options;
  }

  record(finding: ModuleFinding): void {
    if (finding.status === 'failed') {
      const message = `could not attach to ${finding.url}: ${finding.message}`;
      this.#options.onError(`load-hook.${finding.url}`, message);
      return;
    }
    const { name, version, format } = finding;
    const module = { name, version, format };
    const key = keyOf(module);
    switch (finding.status) {
      case 'attached':
        this.#attached.add(key);
        this.#awaited.delete(key);
        this.#add({ ...module, status: 'attached', symbols: finding.symbols });
        break;
      case 'unattached':
        this.#add({ ...module, status: 'unattached', symbols: [], reason: finding.reason });
        break;
      case 'other':
        this.#await(module, finding.wanted);
        break;
    }
  }

  list(): readonly Attachment[] {
    this.#fetch();
    return [...this.#attachments, ...this.#awaited.values()];
  }

  unattachedFrameworks(): readonly string[] {
    this.#fetch();
    return this.#unattached;
  }

  onUnattached(listener: () => void): void {
    this.#listeners.push(listener);
  }

  settle(): void {
    this.#fetch();
    const awaited = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const attachment of awaited) this.#add(attachment);
  }

  fetchWith(fetch: () => void): void {
    this.#fetch = fetch;
  }

  #await(module: ModuleName, wanted: string): void {
    const key = keyOf(module);
    if (this.#attached.has(key) || this.#awaited.has(key)) return;
    const reason = `none of its modules that were loaded has ${wanted} in it`;
    this.#awaited.set(key, { ...module, status: 'unattached', symbols: [], reason });
    this.#options.later(() => {
      const awaited = this.#awaited.get(key);
      if (awaited === undefined || !this.#awaited.delete(key)) return;
      this.#add(awaited);
    });
  }

  #add(attachment: Attachment): void {
    const { file, instance, now, onAttachment, onError } = this.#options;
    const text = JSON.stringify(attachment);
    // The same module is loaded once for each query in its URL, and again in each thread.
    if (this.#told.has(text) || this.#told.size >= MAX_ATTACHMENTS) return;
    this.#told.add(text);
    this.#attachments.push(attachment);
    onAttachment(attachment);
    if (attachment.status === 'unattached') this.#tellUnattached(attachment);
    if (file === undefined) return;
    const line = {
      at: new Date(now()).toISOString(),
      pid: process.pid,
      instance: instance(),
      ...attachment,
    };
    try {
      appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch (error) {
      onError('attachments.file', String(error));
    }
  }

  #tellUnattached({ name, version }: Attachment): void {
    const framework = `${name} ${version}`;
    if (this.#unattached.includes(framework)) return;
    this.#unattached = Object.freeze([...this.#unattached, framework]);
    for (const listener of this.#listeners) listener();
  }
}

function keyOf({ name, version, format }: ModuleName): string {
  return `${name}@${version} ${format}`;
}
