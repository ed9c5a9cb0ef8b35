import { stat } from 'node:fs/promises';

const MAX_LOOKS = 3;

/**
 * Looks again where a look found something wrong and the file is another one by then: retention replaces the audit log, and
 * what was read of it and of its checkpoints does not belong together. What the last look found counts.
 */
export async function untilUnchanged<T>(
  file: string,
  look: () => Promise<T>,
  isFine: (found: T) => boolean,
): Promise<T> {
  for (let looks = 1; ; looks += 1) {
    const before = await identityOf(file);
    const found = await look();
    if (isFine(found) || looks === MAX_LOOKS) return found;
    if ((await identityOf(file)) === before) return found;
  }
}

async function identityOf(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
