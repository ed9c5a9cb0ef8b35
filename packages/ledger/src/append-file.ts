import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The few things a ledger asks of a file; tests give one that fails. */
export interface AppendFile {
  /** Bytes in the file now. */
  size(): Promise<number>;
  /** Appends all of the text; may have written a part when it rejects. */
  append(text: string): Promise<void>;
  /** Returns when what was appended is on disk. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file for appending, for its own user only; makes it, and the directories above it, where there is none. */
export async function openAppendFile(path: string): Promise<AppendFile> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const handle = await open(path, 'a', 0o600);
  await handle.chmod(0o600);
  await syncDirectory(directory);
  return {
    size: async () => (await handle.stat()).size,
    append: async (text) => handle.appendFile(text, 'utf8'),
    sync: async () => handle.datasync(),
    truncate: async (size) => handle.truncate(size),
    close: async () => handle.close(),
  };
}

/** Makes the name of a new file durable. Some file systems refuse to sync a directory; there the name is theirs to keep. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}
