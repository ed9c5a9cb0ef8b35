import { readFile } from 'node:fs/promises';
import { unwatchFile, watchFile } from 'node:fs';

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
 * alive. Looking at its status works on every file system, which notifications do not. What is found counts when two looks
 * a moment apart agree: who writes in place leaves the file empty, half written or away for a while. `ready` resolves
 * after the first reading.
 */
export function watchPolicyFile(options: PolicyFileOptions): {
  readonly ready: Promise<void>;
  readonly close: () => void;
} {
  const { file, intervalMillis, onText, onError } = options;
  let lastText: string | undefined;
  let isClosed = false;
  const read = async (): Promise<void> => {
    try {
      const found = await settledLook(options, () => isClosed);
      if (found === undefined) return;
      if (found.kind === 'error') return onError(found.error);
      if (found.text === lastText) return;
      lastText = found.text;
      await onText(found.text);
    } catch (error) {
      onError(error);
    }
  };
  let turn = read();
  const ready = turn;
  const listener = (): void => {
    turn = turn.then(read);
  };
  watchFile(file, { persistent: false, interval: intervalMillis }, listener);
  return {
    ready,
    close: () => {
      isClosed = true;
      unwatchFile(file, listener);
    },
  };
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
