import type { BundleFile } from '@aftertrace/policy/compile';

import { readPolicyFiles, statusOfPolicyFiles } from './read-policy-files.ts';

/** What watches a policy works with. */
export interface PolicyFileOptions {
  /** A file, or a directory of files that are one bundle. */
  readonly path: string;
  /** How often it is looked at. */
  readonly intervalMillis: number;
  /** Lets a moment pass between two looks; longer than a writer leaves a file half written. */
  readonly pause: () => Promise<void>;
  /** Gets the files at first and after each change; awaited before the next. */
  readonly onFiles: (files: readonly BundleFile[]) => Promise<void>;
  /** It is not there or cannot be read; what is in force stays. */
  readonly onError: (error: unknown) => void;
}

/** What was found. `seen` is equal where the same was found. */
type Look =
  | { readonly kind: 'files'; readonly seen: string; readonly files: readonly BundleFile[] }
  | { readonly kind: 'error'; readonly seen: string; readonly error: unknown };

/**
 * Reads a policy now and whenever it has changed, also when it is replaced or appears later, and without keeping the
 * process alive. Looking at the status of its files works on every file system, which notifications do not; the status is
 * taken before the text, so that a change in between is seen at the next look. What is found counts when two looks a moment
 * apart agree: who writes in place leaves a file empty, half written or away for a while, and who writes several files is
 * between two of them. `ready` resolves after the first reading.
 */
export function watchPolicyFile(options: PolicyFileOptions): {
  readonly ready: Promise<void>;
  readonly close: () => void;
} {
  const { path, intervalMillis } = options;
  let isClosed = false;
  let isLooking = false;
  let lastStatus: string | undefined;
  const read = createReader(options, () => isClosed);
  const lookForChange = async (): Promise<void> => {
    if (isLooking || isClosed) return;
    isLooking = true;
    try {
      const status = await statusOfPolicyFiles(path);
      if (status === lastStatus) return;
      lastStatus = status;
      await read();
    } finally {
      isLooking = false;
    }
  };
  const ready = lookForChange();
  const timer = setInterval(() => void lookForChange(), intervalMillis).unref();
  return {
    ready,
    close: () => {
      isClosed = true;
      clearInterval(timer);
    },
  };
}

/** Reads the files and tells what is new in it; never rejects. */
function createReader(options: PolicyFileOptions, isClosed: () => boolean): () => Promise<void> {
  const { onFiles, onError } = options;
  let lastSeen: string | undefined;
  return async () => {
    try {
      const found = await settledLook(options, isClosed);
      if (found === undefined) return;
      if (found.kind === 'error') return onError(found.error);
      if (found.seen === lastSeen) return;
      lastSeen = found.seen;
      await onFiles(found.files);
    } catch (error) {
      onError(error);
    }
  };
}

/** What two looks in a row found; undefined when nobody wants to know any more. */
async function settledLook(
  { path, pause }: PolicyFileOptions,
  isClosed: () => boolean,
): Promise<Look | undefined> {
  let before = await look(path);
  while (!isClosed()) {
    await pause();
    const now = await look(path);
    if (now.kind === before.kind && now.seen === before.seen) return now;
    before = now;
  }
  return undefined;
}

async function look(path: string): Promise<Look> {
  try {
    const files = await readPolicyFiles(path);
    return { kind: 'files', seen: JSON.stringify(files), files };
  } catch (error) {
    return { kind: 'error', seen: String(error), error };
  }
}
