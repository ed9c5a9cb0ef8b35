import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty, integer } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJournal, type Journal, type JournalOptions } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';
import { HEAD_BYTES } from './sealed-format.ts';
import { createSegmentFiles } from './segment-files.ts';
import { createFailingFiles } from './testing/failing-files.ts';

const KEY = Buffer.alloc(32, 'k');
const OTHER_KEY = Buffer.alloc(32, 'o');
const SEGMENT = '000000000001.journal';
const RECORD_HEADER_BYTES = 36;
const ONE = RECORD_HEADER_BYTES + 5;

let root = '';
let dir = '';
const opened: Journal[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sealed-journal-'));
  dir = join(root, 'journal');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((journal) => journal.shutdown()));
  await rm(root, { recursive: true });
});

function journalWith(options: Partial<JournalOptions> = {}): Journal {
  const journal = createJournal({ dir, encryption: { key: KEY }, ...options });
  opened.push(journal);
  return journal;
}

const record = (body: string | Buffer): JournalRecord => ({
  signal: 'logs',
  encoding: 'json',
  contentEncoding: 'identity',
  receivedAt: 1_751_474_840_301.5,
  body: Buffer.from(body),
});

async function written(...texts: readonly string[]): Promise<void> {
  const journal = journalWith();
  await journal.start();
  for (const text of texts) await journal.append(record(text));
  await journal.shutdown();
}

async function replayed(journal: Journal): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { record: found } of journal.replay()) {
    expect(found).toEqual(record(Buffer.from(found.body)));
    texts.push(Buffer.from(found.body).toString());
  }
  return texts;
}

async function change(at: number): Promise<void> {
  const bytes = await readFile(join(dir, SEGMENT));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at);
  await writeFile(join(dir, SEGMENT), bytes);
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('an encrypted journal', () => {
  test('gives back what it took, and the disk has none of it in the clear', async () => {
    await written('first secret', 'second secret', '');
    expect((await readFile(join(dir, SEGMENT))).includes('secret')).toBe(false);
    const journal = journalWith();
    expect(await journal.start()).toMatchObject({ records: 3, tornTails: 0, damagedRanges: 0 });
    expect(await replayed(journal)).toEqual(['first secret', 'second secret', '']);
  });

  test('encrypts the same body anew, in another record and in another segment', async () => {
    const body = 'the same text, twice';
    await written(body, body);
    const one = await readFile(join(dir, SEGMENT));
    await rm(join(dir, SEGMENT));
    await written(body);
    const other = await readFile(join(dir, SEGMENT));
    const at = HEAD_BYTES + RECORD_HEADER_BYTES;
    const bodies = [one, other].map((bytes) =>
      bytes.subarray(at, at + body.length).toString('hex'),
    );
    const second = at + body.length + RECORD_HEADER_BYTES;
    bodies.push(one.subarray(second, second + body.length).toString('hex'));
    expect(new Set(bodies).size).toBe(3);
  });

  test('gives any part of a body', async () => {
    const journal = journalWith();
    await journal.start();
    const body = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
    await journal.append(record('something in front'));
    const position = await journal.append(record(body));
    await assert(
      asyncProperty(
        integer({ min: 0, max: 5000 }),
        integer({ min: 0, max: 5000 }),
        async (a, b) => {
          const [start, end] = [Math.min(a, b), Math.max(a, b)];
          const target = Buffer.alloc(end - start);
          await journal.read(position, start, target);
          expect(target.equals(body.subarray(start, end))).toBe(true);
        },
      ),
    );
  });

  test('leaves the body that was given as it was', async () => {
    const journal = journalWith();
    await journal.start();
    const given = record('untouched');
    await journal.append(given);
    expect(Buffer.from(given.body).toString()).toBe('untouched');
  });

  test.each([1, ONE - 1, ONE])('cuts off a last record that lacks %i bytes', async (missing) => {
    await written('first', 'secon', 'third');
    const bytes = await readFile(join(dir, SEGMENT));
    await writeFile(join(dir, SEGMENT), bytes.subarray(0, bytes.length - missing));
    const journal = journalWith();
    await journal.start();
    expect(await replayed(journal)).toEqual(['first', 'secon']);
    // What is written next is not written with the key and the place of what was torn.
    expect((await journal.append(record('after'))).segment).toBe(2);
  });

  test.each([0, 4, 8, 12, 20, RECORD_HEADER_BYTES, ONE - 1])(
    'gives up a record in which byte %i was changed, and that record only',
    async (at) => {
      await written('first', 'secon', 'third');
      await change(HEAD_BYTES + ONE + at);
      const journal = journalWith();
      expect(await journal.start()).toMatchObject({ records: 2, damagedRanges: 1, tornTails: 0 });
      expect(await replayed(journal)).toEqual(['first', 'third']);
    },
  );

  test('sees that records changed places', async () => {
    await written('first', 'secon', 'third');
    const bytes = await readFile(join(dir, SEGMENT));
    const [one, two] = [0, 1].map((index) => {
      const start = HEAD_BYTES + index * ONE;
      return Buffer.from(bytes.subarray(start, start + ONE));
    });
    bytes.set(two ?? [], HEAD_BYTES);
    bytes.set(one ?? [], HEAD_BYTES + ONE);
    await writeFile(join(dir, SEGMENT), bytes);
    const journal = journalWith();
    await journal.start();
    expect(await replayed(journal)).toEqual(['third']);
  });

  test.each([0, 4, 20, HEAD_BYTES - 1])(
    'keeps a segment whose head was changed at byte %i, and says so',
    async (at) => {
      await written('first');
      await change(at);
      const problems: unknown[] = [];
      const journal = journalWith({
        onProblem: ({ kind, segment }) => problems.push([kind, segment]),
      });
      expect(await journal.start()).toMatchObject({ records: 0, damagedRanges: 1, tornTails: 0 });
      expect(problems).toEqual([['segment_unreadable', 1]]);
      await journal.append(record('goes on'));
      await journal.shutdown();
      expect(await readdir(dir)).toEqual([SEGMENT, '000000000002.journal']);
    },
  );

  test.each([0, 3])(
    'is kept without its key too when its head was changed at byte %i',
    async (at) => {
      await written('first');
      await change(at);
      const before = await readFile(join(dir, SEGMENT));
      const problems: unknown[] = [];
      const journal = createJournal({
        dir,
        onProblem: ({ kind, segment }) => problems.push([kind, segment]),
      });
      await journal.start();
      await journal.shutdown();
      expect(problems).toEqual([['segment_unreadable', 1]]);
      expect(await readFile(join(dir, SEGMENT))).toEqual(before);
    },
  );

  test('is removed when a crash left no whole head', async () => {
    const files = createFailingFiles(createSegmentFiles(dir));
    const journal = journalWith({ files });
    await journal.start();
    files.failure = 'partial write';
    expect(await codeOf(journal.append(record('lost')))).toBe('journal_unavailable');
    files.failure = undefined;
    await journal.append(record('after'));
    const next = journalWith();
    await next.start();
    expect(await replayed(next)).toEqual(['after']);
  });
});

describe('keys', () => {
  test.each([
    ['no key', undefined],
    ['another key', { key: OTHER_KEY }],
  ])('a journal is refused with %s, and nothing of it is touched', async (_, encryption) => {
    await written('first', 'secon');
    const before = await readFile(join(dir, SEGMENT));
    await writeFile(join(dir, SEGMENT), before.subarray(0, -1)); // Torn: a start would cut it.
    const journal = createJournal({ dir, ...(encryption === undefined ? {} : { encryption }) });
    expect(await codeOf(journal.start())).toBe('journal_key_missing');
    expect(await readdir(dir)).toEqual([SEGMENT]);
    expect((await readFile(join(dir, SEGMENT))).equals(before.subarray(0, -1))).toBe(true);
  });

  test('the error names the id of the key and not the key', async () => {
    await written('first');
    const error: unknown = await createJournal({ dir })
      .start()
      .catch((cause: unknown) => cause);
    expect(String(error)).toMatch(/segment 1 is encrypted with the key of id [0-9a-f]{16}/);
    expect(String(error)).not.toContain(KEY.toString('hex').slice(0, 16));
  });

  test('an older key still reads, and a new one seals what comes', async () => {
    await written('old');
    const both = { key: OTHER_KEY, olderKeys: [KEY] };
    const rotated = journalWith({ encryption: both });
    await rotated.start();
    await rotated.append(record('new'));
    expect(await replayed(rotated)).toEqual(['old']);
    rotated.release(1);
    await rotated.shutdown();
    const later = journalWith({ encryption: { key: OTHER_KEY } });
    await later.start();
    expect(await replayed(later)).toEqual(['new']);
  });

  test('what was written before encryption was turned on is read', async () => {
    const plain = createJournal({ dir });
    await plain.start();
    await plain.append(record('plain'));
    await plain.shutdown();
    await written('sealed');
    const journal = journalWith();
    await journal.start();
    expect(await replayed(journal)).toEqual(['plain', 'sealed']);
  });

  test('a key of another length is refused at once', () => {
    expect(() => createJournal({ dir, encryption: { key: KEY.subarray(1) } })).toThrow(/31 bytes/);
  });
});
