import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { TrajectoryFile } from '@aftertrace/schema';

import { isoTime } from '../assemble/iso-time.ts';

/** Where lines lie below a data directory. */
export const TRAJECTORIES_DIR = 'trajectories';

const FILE_NAME = /^\d{4}-\d{2}-\d{2}\.jsonl$/;

/** The file of a line, relative to the data directory: by outcome and by the UTC day on which the run ended. */
export function trajectoryPath(kind: TrajectoryFile, endTimeUnixNano: string): string {
  return `${TRAJECTORIES_DIR}/${kind}/${isoTime(endTimeUnixNano).slice(0, 10)}.jsonl`;
}

/** All trajectory files of a data directory, oldest day first within each outcome; none where there is no directory. */
export async function listTrajectoryFiles(
  dataDir: string,
  kinds: readonly TrajectoryFile[] = TrajectoryFile.options,
): Promise<readonly { readonly kind: TrajectoryFile; readonly file: string }[]> {
  const found: { readonly kind: TrajectoryFile; readonly file: string }[] = [];
  for (const kind of kinds) {
    const names = await readdir(join(dataDir, TRAJECTORIES_DIR, kind)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names.toSorted((left, right) => (left < right ? -1 : 1))) {
      if (FILE_NAME.test(name)) found.push({ kind, file: `${TRAJECTORIES_DIR}/${kind}/${name}` });
    }
  }
  return found;
}
