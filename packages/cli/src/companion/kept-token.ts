import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const TOKEN_BYTES = 32;

/**
 * The token of a data directory, in its file `token` (mode 0600): made at the first start and kept, so that agents stay
 * connected when the companion is restarted. Delete the file to have a new one at the next start.
 */
export async function keptToken(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'token');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { mode: 0o600 });
  try {
    // Makes the file whole or not at all, and never replaces one that is there.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}
