import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { PLAIN_FORMAT } from '../journal/plain-format.ts';
import { scanSegment, type ReadableSegment } from '../journal/scan-segment.ts';
import { readSealedHead, SEALED_STRUCTURE } from '../journal/sealed-format.ts';
import type { SegmentFile } from '../journal/segment-files.ts';
import { headOf } from '../journal/segment-formats.ts';
import type { DataFindings } from './check-report.ts';

/** Checks every record of the journal, of encrypted ones only where they begin and end; gives their number. Writes nothing. */
export async function checkJournal(dataDir: string, found: DataFindings): Promise<number> {
  const folder = join(dataDir, 'journal');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let records = 0;
  for (const name of names.filter((entry) => entry.endsWith('.journal')).toSorted()) {
    const file = await open(join(folder, name), 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined; // Its runs were written since.
      throw error;
    });
    if (file === undefined) continue;
    try {
      const segment = await readable(readOnly(file));
      const { offsets, tornBytes, damaged } = await scanSegment(segment);
      records += offsets.length;
      const where = `journal/${name}`;
      if (segment.format === SEALED_STRUCTURE) found.add('unchecked', where, uncheckedOf(offsets));
      if (tornBytes > 0)
        found.add('warning', where, `${tornBytes} bytes at the end were not acknowledged (yet)`);
      for (const { offset, bytes } of damaged)
        found.add('error', where, `${bytes} bytes from ${offset} on are damaged`);
    } finally {
      await file.close();
    }
  }
  return records;
}

function uncheckedOf({ length }: readonly number[]): string {
  return `encrypted, and a check has no keys: of ${length} requests it was only looked at where they begin and end, not whether what they hold was changed; the companion verifies that when it replays them`;
}

/** A check has no keys: what is encrypted is looked at as far as that goes. */
async function readable(file: SegmentFile): Promise<ReadableSegment> {
  const isSealed = readSealedHead(await headOf(file), []).kind !== 'not_sealed';
  return { file, format: isSealed ? SEALED_STRUCTURE : PLAIN_FORMAT, size: await file.size() };
}

function readOnly(file: FileHandle): SegmentFile {
  const refuse = (): Promise<never> => Promise.reject(new Error('a check writes nothing'));
  return {
    write: refuse,
    sync: refuse,
    truncate: refuse,
    async read(target, position) {
      let filled = 0;
      while (filled < target.length) {
        const rest = target.length - filled;
        const { bytesRead } = await file.read(target, filled, rest, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    size: async () => (await file.stat()).size,
    close: () => file.close(),
  };
}
