import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { untilUnchanged } from './until-unchanged.ts';

/** A file, and how to put another one in its place. */
async function place(): Promise<{ readonly file: string; readonly replace: () => Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-unchanged-'));
  onTestFinished(async () => rm(dir, { recursive: true, force: true }));
  const file = path.join(dir, 'audit.jsonl');
  await writeFile(file, '');
  return {
    file,
    replace: async () => {
      await writeFile(`${file}.new`, '');
      await rename(`${file}.new`, file);
    },
  };
}

test.each<[string, number, readonly boolean[], number]>([
  ['nothing is wrong', 9, [true], 1],
  ['something is wrong with a file that stayed', 0, [false], 1],
  ['something is wrong with a file that was replaced once', 1, [false, true], 2],
  ['something is wrong with one that was replaced, and with the next', 1, [false, false], 2],
  ['it is replaced again and again', 9, [false, false, false, false], 3],
])('where %s, it is looked as often as that helps', async (_name, replaced, answers, expected) => {
  const { file, replace } = await place();
  let looks = 0;
  const look = async (): Promise<boolean> => {
    looks += 1;
    if (looks <= replaced) await replace();
    return answers[looks - 1] ?? true;
  };
  expect(await untilUnchanged(file, look, (isFine) => isFine)).toBe(answers[expected - 1]);
  expect(looks).toBe(expected);
});
