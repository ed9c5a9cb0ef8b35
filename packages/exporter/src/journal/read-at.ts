import { read, readSync } from 'node:fs';

/** A read that took longer came from the disk, not from the system's memory. */
const SLOW_MILLIS = 1;
/** Whoever reads one piece after the other gives way after so long: reading at once lets nobody else go on. */
const STRETCH_MILLIS = 4;
/** Reads that a thread does after a slow one, before the next is tried at once. */
const PATIENT_READS = 1000;
/** Longer ones take a while even from memory. */
const SHORT_BYTES = 64 * 1024;

/**
 * Fills the target from a position of an open file, or as much of it as the system gives at once; 0 at the end of the
 * file. Throws or rejects with the system's error.
 */
export type ReadAt = (fd: number, target: Uint8Array, position: number) => number | Promise<number>;

/** What reads; replaced in tests. */
export interface ReadAtOptions {
  /** Milliseconds of a clock that nobody sets; default: since the process started. */
  readonly now?: () => number;
  readonly readSync?: (...args: Parameters<ReadAt>) => number;
  readonly read?: (...args: Parameters<ReadAt>) => Promise<number>;
}

/**
 * Reads short pieces at once as long as the system has them in memory, which takes 2 µs; a thread that does it takes
 * ten times as much of the processor. Where one was slow, threads do the next ones: nobody waits for a disk but whoever
 * reads from it, save once in a thousand reads, to see whether it is still slow. Every few milliseconds a thread does one
 * in any case, as a whole journal is read in one go.
 */
export function createReadAt(options: ReadAtOptions = {}): ReadAt {
  const { now = () => performance.now(), readSync = atOnce, read = byThread } = options;
  let patient = 0;
  let since = now();
  return (fd, target, position) => {
    if (target.length > SHORT_BYTES) return read(fd, target, position);
    if (patient > 0) {
      patient -= 1;
      return read(fd, target, position);
    }
    const before = now();
    if (before - since >= STRETCH_MILLIS) {
      since = before;
      return read(fd, target, position);
    }
    const bytes = readSync(fd, target, position);
    if (now() - before > SLOW_MILLIS) patient = PATIENT_READS;
    return bytes;
  };
}

function atOnce(fd: number, target: Uint8Array, position: number): number {
  return readSync(fd, target, 0, target.length, position);
}

/** As `FileHandle.read`, which costs several times as much. */
function byThread(fd: number, target: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, 0, target.length, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead);
      else reject(error);
    });
  });
}
