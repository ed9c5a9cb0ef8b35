import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseJournalKey, readJournalKey } from './journal-keys.ts';

const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7));

describe('a key as text', () => {
  test.each([
    ['base64', `${KEY.toString('base64')}\n`],
    ['base64url', KEY.toString('base64url')],
    ['hexadecimal digits', KEY.toString('hex').toUpperCase()],
  ])('may be %s', (_, text) => {
    expect(Buffer.from(parseJournalKey(text, 'here')).equals(KEY)).toBe(true);
  });

  test.each([
    ['', 'found nothing'],
    ['hunter2', 'found 7 other characters'],
    [KEY.subarray(1).toString('base64'), 'found 44 other characters'],
    [`${KEY.toString('hex')}00`, 'found 66 other characters'],
  ])('%j is refused, with what to do and without the text', (text, found) => {
    const refused = (): unknown => parseJournalKey(text, 'the variable KEY');
    expect(refused).toThrow(new RegExp(`^the variable KEY .*${found}.*openssl rand`));
    expect(refused).not.toThrow(text || 'never');
  });
});

describe('a key in a file', () => {
  let dir = '';
  let file = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'journal-keys-'));
    file = join(dir, 'journal.key');
    await writeFile(file, KEY.toString('base64'), { mode: 0o600 });
  });
  afterEach(() => rm(dir, { recursive: true }));

  test.each([0o600, 0o400])('is read where its mode is %o', async (mode) => {
    await chmod(file, mode);
    expect(Buffer.from(await readJournalKey(file)).equals(KEY)).toBe(true);
  });

  test.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o620])(
    'is refused where others may use it: %o',
    async (mode) => {
      await chmod(file, mode);
      await expect(readJournalKey(file)).rejects.toThrow(/may be used by others too .*chmod 600/);
    },
  );

  test('that is not there is named, with the reason', async () => {
    await expect(readJournalKey(join(dir, 'none'))).rejects.toMatchObject({
      code: 'journal_key_unusable',
      message: expect.stringMatching(/none cannot be read \(ENOENT\)/),
    });
  });
});
