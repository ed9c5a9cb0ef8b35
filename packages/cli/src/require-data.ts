import { access } from 'node:fs/promises';
import path from 'node:path';

import { CommandError } from './exit-code.ts';

/**
 * The data directory that a command reads.
 *
 * @throws CommandError where there is none: an empty answer about nothing would look like good news.
 */
export async function requireData(directory: string): Promise<string> {
  try {
    await access(path.join(directory, 'VERSION'));
    return directory;
  } catch {
    throw new CommandError(
      `there is no data directory at ${directory}; "aftertrace serve" and "dev" make one (--data, or AFTERTRACE_DATA, says where)`,
    );
  }
}
