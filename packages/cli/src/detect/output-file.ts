import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** A file that is there whole or not at all. */
export interface OutputFile {
  write(text: string): Promise<void>;
  /** Puts it in its place; an older file of that name is replaced. */
  finish(): Promise<void>;
  /** Leaves nothing behind, and an older file as it was. Safe after {@link OutputFile.finish}. */
  discard(): Promise<void>;
}

/** What is gathered before it is written. */
const BUFFER_CHARS = 64 * 1024;

/** @throws Error where the folder is missing or may not be written to */
export async function openOutputFile(file: string): Promise<OutputFile> {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);
  const handle = await open(draft, 'wx', 0o644);
  let waiting: string[] = [];
  let chars = 0;
  let open_ = true;
  const flush = async (): Promise<void> => {
    const text = waiting.join('');
    waiting = [];
    chars = 0;
    await handle.writeFile(text);
  };
  const close = async (): Promise<void> => {
    if (open_) await handle.close();
    open_ = false;
  };
  return {
    write: async (text) => {
      waiting.push(text);
      chars += text.length;
      if (chars >= BUFFER_CHARS) await flush();
    },
    finish: async () => {
      await flush();
      await handle.sync();
      await close();
      await rename(draft, file);
    },
    discard: async () => {
      await close();
      await rm(draft, { force: true });
    },
  };
}
