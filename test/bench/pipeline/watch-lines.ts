import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

/** Notes when the line of each run came into the files of a data directory; a run is known by its one tool. */
export interface LineWatch {
  /** By tool: milliseconds since the Unix epoch at which its first line was seen. */
  readonly seen: ReadonlyMap<string, number>;
  readonly stop: () => void;
}

/** How often it looks, and so how late it can see a line. */
export const LOOK_MILLIS = 2;
const FOLDERS = ['success', 'failure', 'unresolved'] as const;
const LIST_EVERY = 25;
const CHUNK_BYTES = 1024 * 1024;

/** Looks with a timer, not with the kernel's notices: those come for the directory entry before the bytes do. */
export function watchLines(dataDir: string): LineWatch {
  const seen = new Map<string, number>();
  const files = new Map<string, { readonly fd: number; offset: number; rest: string }>();
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const list = (): void => {
    for (const folder of FOLDERS) {
      const dir = path.join(dataDir, 'trajectories', folder);
      for (const name of namesIn(dir)) {
        const file = path.join(dir, name);
        if (!files.has(file)) files.set(file, { fd: openSync(file, 'r'), offset: 0, rest: '' });
      }
    }
  };
  const look = (): void => {
    for (const file of files.values()) {
      for (;;) {
        const bytes = readSync(file.fd, buffer, 0, buffer.length, file.offset);
        if (bytes === 0) break;
        const at = performance.timeOrigin + performance.now();
        file.offset += bytes;
        const lines = `${file.rest}${buffer.toString('utf8', 0, bytes)}`.split('\n');
        file.rest = lines.pop() ?? '';
        for (const line of lines) {
          const tool = /"function_name":"([^"]+)"/.exec(line)?.[1];
          if (tool !== undefined && !seen.has(tool)) seen.set(tool, at);
        }
      }
    }
  };
  let looks = 0;
  const timer = setInterval(() => {
    if (looks % LIST_EVERY === 0) list();
    looks += 1;
    look();
  }, LOOK_MILLIS);
  return {
    seen,
    stop: () => {
      clearInterval(timer);
      for (const { fd } of files.values()) closeSync(fd);
    },
  };
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter((name) => name.endsWith('.jsonl'));
  } catch {
    // Not there yet.
    return [];
  }
}
