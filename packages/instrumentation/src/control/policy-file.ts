import { readFile, stat } from 'node:fs/promises';

/** What watches a policy file works with. */
export interface PolicyFileOptions {
  readonly file: string;
  /** How often the file is looked at. */
  readonly intervalMillis: number;
  /** Lets a moment pass between two looks; longer than a writer leaves a file half written. */
  readonly pause: () => Promise<void>;
  /** Gets the text at first and after each change; awaited before the next. */
  readonly onText: (text: string) => Promise<void>;
  /** The file is not there or cannot be read; what is in force stays. */
  readonly onError: (error: unknown) => void;
}

/** What was found in the file. */
type Look =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string; readonly error: unknown };

/**
 * Reads a file now and whenever it has changed, also when it is replaced or appears later, and without keeping the process
 * alive. Looking at its status works on every file system, which notifications do not; the status is taken before the
 * text, so that a change in between is seen at the next look. What is found counts when two looks a moment apart agree:
 * who writes in place leaves the file empty, half written or away for a while. `ready` resolves after the first reading.
 */
export function watchPolicyFile(options: PolicyFileOptions): {
  readonly ready: Promise<void>;
  readonly close: () => void;
} {
  const { file, intervalMillis } = options;
  let isClosed = false;
  let isLooking = false;
  let lastStatus: string | undefined;
  const read = createReader(options, () => isClosed);
  const lookForChange = async (): Promise<void> => {
    if (isLooking || isClosed) return;
    isLooking = true;
    try {
      const status = await statusOf(file);
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

/** Reads the file and tells what is new in it; never rejects. */
function createReader(options: PolicyFileOptions, isClosed: () => boolean): () => Promise<void> {
  const { onText, onError } = options;
  let lastText: string | undefined;
  return async () => {
    try {
      const found = await settledLook(options, isClosed);
      if (found === undefined) return;
      if (found.kind === 'error') return onError(found.error);
      if (found.text === lastText) return;
      lastText = found.text;
      await onText(found.text);
    } catch (error) {
      onError(error);
    }
  };
}

/** Changes whenever the file is written, replaced, made or removed. */
async function statusOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** What two looks in a row found; undefined when nobody wants to know any more. */
async function settledLook(
  { file, pause }: PolicyFileOptions,
  isClosed: () => boolean,
): Promise<Look | undefined> {
  let before = await look(file);
  while (!isClosed()) {
    await pause();
    const now = await look(file);
    if (now.kind === before.kind && now.text === before.text) return now;
    before = now;
  }
  return undefined;
}

async function look(file: string): Promise<Look> {
  try {
    return { kind: 'text', text: await readFile(file, 'utf8') };
  } catch (error) {
    return { kind: 'error', text: String(error), error };
  }
}
