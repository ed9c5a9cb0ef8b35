import type { SegmentFile, SegmentFiles } from '../segment-files.ts';

/** The operation that fails, or `undefined` while the disk is well. */
export type Failure = 'create' | 'write' | 'partial write' | 'sync' | undefined;

/** A real directory whose disk can be made to fail, and which counts what was asked of it. */
export interface FailingFiles extends SegmentFiles {
  failure: Failure;
  /** Syncs that were tried, by segment. */
  readonly syncs: Map<number, number>;
  /** While set, syncs wait for it. */
  held: Promise<void> | undefined;
}

export function createFailingFiles(real: SegmentFiles): FailingFiles {
  const full = (): Error => Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  const files: FailingFiles = {
    ...real,
    failure: undefined,
    held: undefined,
    syncs: new Map(),
    async create(segment) {
      if (files.failure === 'create') throw full();
      return wrap(segment, await real.create(segment));
    },
  };
  const wrap = (segment: number, file: SegmentFile): SegmentFile => ({
    ...file,
    async write(buffers, position) {
      if (files.failure === 'write') throw full();
      if (files.failure === 'partial write') {
        await file.write([Buffer.concat(buffers).subarray(0, 30)], position);
        throw full();
      }
      await file.write(buffers, position);
    },
    async sync() {
      files.syncs.set(segment, (files.syncs.get(segment) ?? 0) + 1);
      await files.held;
      if (files.failure === 'sync')
        throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      await file.sync();
    },
  });
  return files;
}
