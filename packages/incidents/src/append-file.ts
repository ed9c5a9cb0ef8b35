import { open, type FileHandle } from 'node:fs/promises';

/** A file that only grows by whole lines, written in groups with one `fsync` each. */
export interface AppendFile {
  /**
   * Resolves when the line is on disk. Lines keep their order, and those given while a write is under way share the next.
   *
   * @throws whatever the file system said. The line is kept and goes out with the next write, so it must not be appended again.
   */
  append(line: string): Promise<void>;
  /** Resolves when everything appended so far is on disk. Throws as `append` does. */
  flush(): Promise<void>;
  /** Flushes and closes. Later appends are refused. Idempotent. */
  close(): Promise<void>;
}

interface Group {
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function newGroup(): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Nobody may be waiting for this group; whoever is gets the error from `done` all the same.
  promise.catch(() => undefined);
  return { done: promise, resolve, reject };
}

class GroupedAppendFile implements AppendFile {
  readonly #handle: FileHandle;
  /** Where the last whole write ended; a failed write is cut back to here. */
  #goodBytes: number;
  #lines: string[] = [];
  #group: Group = newGroup();
  #writing: Promise<void> | undefined;
  #dirty = false;
  #closed = false;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#goodBytes = size;
  }

  append(line: string): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the file is closed'));
    this.#lines.push(line);
    const { done } = this.#group;
    this.#start();
    return done;
  }

  async flush(): Promise<void> {
    if (this.#lines.length > 0) {
      const { done } = this.#group;
      this.#start();
      await done;
    } else {
      await this.#writing;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }

  #start(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    // One turn, so that lines appended together are written together.
    await Promise.resolve();
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      const group = this.#group;
      this.#lines = [];
      this.#group = newGroup();
      try {
        await this.#writeGroup(Buffer.from(`${lines.join('\n')}\n`));
        group.resolve();
      } catch (error) {
        this.#lines = [...lines, ...this.#lines];
        group.reject(error);
        // What came in meanwhile waits for the next call, which tries again.
        this.#group.reject(error);
        this.#group = newGroup();
        return;
      }
    }
  }

  async #writeGroup(bytes: Buffer): Promise<void> {
    if (this.#dirty) {
      await this.#handle.truncate(this.#goodBytes);
      this.#dirty = false;
    }
    this.#dirty = true;
    let offset = 0;
    while (offset < bytes.length) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        offset,
        bytes.length - offset,
        this.#goodBytes + offset,
      );
      offset += bytesWritten;
    }
    await this.#handle.datasync();
    this.#goodBytes += bytes.length;
    this.#dirty = false;
  }
}

/**
 * Opens (or makes, readable by its owner only) a file for appending, and cuts it to `keepBytes` first: what stands behind
 * that is a line that a crash left half-written.
 */
export async function openAppendFile(path: string, keepBytes: number): Promise<AppendFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    handle = await open(path, 'wx+', 0o600);
  }
  await handle.truncate(keepBytes);
  return new GroupedAppendFile(handle, keepBytes);
}
