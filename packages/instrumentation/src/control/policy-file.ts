import { readFile } from 'node:fs/promises';
import { unwatchFile, watchFile } from 'node:fs';

/** What watches a policy file works with. */
export interface PolicyFileOptions {
  readonly file: string;
  /** How often the file is looked at. */
  readonly intervalMillis: number;
  /** Gets the text at first and after each change; awaited before the next. */
  readonly onText: (text: string) => Promise<void>;
  /** The file is not there or cannot be read; what is in force stays. */
  readonly onError: (error: unknown) => void;
}

/**
 * Reads a file now and whenever it has changed, also when it is replaced or appears later, and without keeping the process
 * alive. Looking at its status works on every file system, which notifications do not. `ready` resolves after the first
 * reading.
 */
export function watchPolicyFile(options: PolicyFileOptions): {
  readonly ready: Promise<void>;
  readonly close: () => void;
} {
  const { file, intervalMillis, onText, onError } = options;
  let lastText: string | undefined;
  const read = async (): Promise<void> => {
    try {
      const text = await readFile(file, 'utf8');
      if (text === lastText) return;
      lastText = text;
      await onText(text);
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
  return { ready, close: () => unwatchFile(file, listener) };
}
