import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { isBundleFileName } from '@aftertrace/policy';
import type { BundleFile } from '@aftertrace/policy/compile';

/** Directories hold a handful of files; one that holds so many is not a bundle, and is not read. */
const MAX_ENTRIES = 10_000;

/**
 * The files of a bundle: of a directory all that belong to one, else the file itself.
 *
 * @throws Error where one of them cannot be read, with the code of the file system.
 */
export async function readPolicyFiles(path: string): Promise<readonly BundleFile[]> {
  const paths = await pathsOf(path);
  return Promise.all(paths.map(async (file) => ({ file, text: await readFile(file, 'utf8') })));
}

/** Changes whenever one of the files is written, replaced, made or removed. Never rejects. */
export async function statusOfPolicyFiles(path: string): Promise<string> {
  try {
    const statuses = await Promise.all((await pathsOf(path)).map(statusOf));
    return statuses.join('\n');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

async function pathsOf(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  if (names.length > MAX_ENTRIES) {
    throw new Error(
      `${basename(path)} has ${names.length} entries; at most ${MAX_ENTRIES} are looked at`,
    );
  }
  return names
    .filter(isBundleFileName)
    .toSorted()
    .map((name) => join(path, name));
}

async function statusOf(file: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [file, ino, size, mtimeNs, ctimeNs].join(' ');
}
