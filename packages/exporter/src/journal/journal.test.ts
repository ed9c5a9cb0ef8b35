import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createJournal,
  type Journal,
  type JournalOptions,
  type ReplayedRecord,
} from './journal.ts';
import type { JournalRecord } from './journal-record.ts';
import { encodeHeader, HEADER_BYTES } from './plain-format.ts';
import { createSegmentFiles } from './segment-files.ts';
import { createFailingFiles, type Failure } from './testing/failing-files.ts';

let root = '';
let dir = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'journal-'));
  dir = join(root, 'journal');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((journal) => journal.shutdown()));
  await rm(root, { recursive: true });
});

const record = (body: string, fields: Partial<JournalRecord> = {}): JournalRecord => ({
  signal: 'traces',
  encoding: 'protobuf',
  contentEncoding: 'identity',
  receivedAt: 1_751_474_840_301.5,
  body: Buffer.from(body),
  ...fields,
});

/** All journals of a test, so that their files are closed at its end. */
const opened: Journal[] = [];

async function started(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = createJournal({ dir, ...options });
  opened.push(journal);
  await journal.start();
  return journal;
}

async function replayed(journal: Journal): Promise<readonly ReplayedRecord[]> {
  const records: ReplayedRecord[] = [];
  for await (const entry of journal.replay()) records.push(entry);
  return records;
}

const bodies = (records: readonly ReplayedRecord[]): readonly string[] =>
  records.map((entry) => Buffer.from(entry.record.body).toString());

const segmentNames = async (): Promise<readonly string[]> => (await readdir(dir)).toSorted();

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('append and replay', () => {
  test('a record comes back as it was, in another process or a later start', async () => {
    const first = await started();
    const json = record('{}', { signal: 'logs', encoding: 'json', contentEncoding: 'zstd' });
    const positions = [await first.append(record('one')), await first.append(json)];
    await first.append(record(''));

    const second = createJournal({ dir });
    expect(await second.start()).toEqual({
      segments: 1,
      records: 3,
      tornTails: 0,
      tornBytes: 0,
      damagedRanges: 0,
      damagedBytes: 0,
    });
    const records = await replayed(second);
    expect(records.slice(0, 2)).toEqual([
      { position: positions[0], record: record('one') },
      { position: positions[1], record: json },
    ]);
    expect(bodies(records)[2]).toBe('');
  });

  test('files and directory are private to their user', async () => {
    const journal = await started();
    await journal.append(record('secret'));
    const [name = ''] = await segmentNames();
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  });

  test('appends that wait together share one sync', async () => {
    const files = createFailingFiles(createSegmentFiles(dir));
    const journal = await started({ files });
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => journal.append(record(`${index}`))),
    );
    expect(files.syncs.get(1)).toBe(1);
    expect(bodies(await replayed(await started()))).toHaveLength(300);
  });

  test('an append is acknowledged only after the sync', async () => {
    const files = createFailingFiles(createSegmentFiles(dir));
    const journal = await started({ files });
    let letGo: () => void = () => undefined;
    files.held = new Promise((resolve) => (letGo = resolve));
    const order: string[] = [];
    const appended = journal.append(record('x')).then(() => order.push('acknowledged'));
    while (!files.syncs.has(1)) await new Promise((resolve) => setImmediate(resolve));
    order.push('synced');
    letGo();
    await appended;
    expect(order).toEqual(['synced', 'acknowledged']);
  });

  test('appends beyond the queue limit are refused and counted', async () => {
    const journal = await started({ maxQueuedBytes: 2 * (HEADER_BYTES + 10) });
    const outcomes = ['a', 'b', 'c'].map((letter) =>
      code(journal.append(record(letter.repeat(10)))),
    );
    expect(await Promise.all(outcomes)).toEqual(['resolved', 'resolved', 'journal_overloaded']);
    expect(journal.stats()).toMatchObject({ appended: 2, refused: 1, queuedBytes: 0 });
    expect(await code(journal.append(record('d')))).toBe('resolved');
  });

  test('before start and after shutdown nothing is taken', async () => {
    const journal = createJournal({ dir });
    expect(await code(journal.append(record('x')))).toBe('journal_closed');
    await journal.start();
    const last = journal.append(record('last'));
    await journal.shutdown();
    await last;
    expect(await code(journal.append(record('x')))).toBe('journal_closed');
    await journal.shutdown();
    expect(bodies(await replayed(await started()))).toEqual(['last']);
  });
});

describe('segments', () => {
  const options = { segmentMaxBytes: 3 * (HEADER_BYTES + 10) };
  const fill = async (journal: Journal, count: number): Promise<readonly number[]> => {
    const segments: number[] = [];
    for (let index = 0; index < count; index += 1) {
      segments.push((await journal.append(record('0123456789'))).segment);
    }
    return segments;
  };

  test('a full segment is followed by a new one, and no record is split (33)', async () => {
    const journal = await started(options);
    expect(await fill(journal, 7)).toEqual([1, 1, 1, 2, 2, 2, 3]);
    const large = await journal.append(record('x'.repeat(500)));
    expect(large).toEqual({ segment: 4, offset: 0 });
    expect(await replayed(await started())).toHaveLength(8);
  });

  test('a segment is deleted when everybody has released it, and not before', async () => {
    const journal = await started(options);
    await fill(journal, 4);
    journal.retain(1);
    for (let index = 0; index < 3; index += 1) journal.release(1);
    expect(journal.stats().segments).toBe(2);
    journal.release(1);
    await journal.shutdown();
    expect(await segmentNames()).toEqual(['000000000002.journal']);
  });

  test('a release too many is an error, since it could cost data', async () => {
    const journal = await started(options);
    await fill(journal, 1);
    journal.release(1);
    expect(() => journal.release(1)).toThrow(/nobody retains it/);
    expect(() => journal.retain(9)).toThrow(/segment 9/);
  });

  test('a clean shutdown leaves nothing when everything was released', async () => {
    const journal = await started();
    journal.release((await journal.append(record('x'))).segment);
    await journal.shutdown();
    expect(await segmentNames()).toEqual([]);
  });

  test('a large segment that nobody uses is given up before it is full', async () => {
    const journal = await started();
    journal.release((await journal.append(record('x'.repeat(70_000)))).segment);
    const { segment } = await journal.append(record('y'.repeat(70_000)));
    expect(segment).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));
    journal.release(segment);
    await expect.poll(segmentNames, { interval: 1 }).toEqual([]);
    expect((await journal.append(record('z'))).segment).toBe(3);
    await journal.shutdown();
    expect(await segmentNames()).toEqual(['000000000003.journal']);
  });

  test('segments from before are kept until they are replayed and released', async () => {
    await fill(await started(options), 4);
    const journal = await started(options);
    expect(await fill(journal, 1)).toEqual([3]);
    const seen: number[] = [];
    for await (const { position } of journal.replay()) {
      seen.push(position.segment);
      if (position.segment === 1) journal.release(1);
    }
    expect(seen).toEqual([1, 1, 1, 2]);
    await journal.shutdown();
    expect(await segmentNames()).toEqual(['000000000002.journal', '000000000003.journal']);
  });

  test('what is not a segment is left alone', async () => {
    await (await started()).append(record('x'));
    await writeFile(join(dir, 'notes.txt'), 'mine');
    await (await started()).shutdown();
    expect(await segmentNames()).toEqual(['000000000001.journal', 'notes.txt']);
  });
});

describe('damage', () => {
  const SEGMENT = '000000000001.journal';
  const ONE = HEADER_BYTES + 5;

  /** Three records of five bytes, then a change to the file. */
  async function damaged(change: (bytes: Buffer) => Buffer): Promise<Journal> {
    const journal = await started();
    for (const body of ['first', 'secon', 'third']) await journal.append(record(body));
    const path = join(dir, SEGMENT);
    await writeFile(path, change(await readFile(path)));
    return createJournal({ dir });
  }

  test.each([1, ONE - 1, ONE - HEADER_BYTES, HEADER_BYTES])(
    'a last record that lacks %i bytes is cut off and counted (31)',
    async (missing) => {
      const journal = await damaged((bytes) => bytes.subarray(0, bytes.length - missing));
      const recovery = await journal.start();
      expect(recovery).toMatchObject({ records: 2, tornTails: 1, tornBytes: ONE - missing });
      expect((await stat(join(dir, SEGMENT))).size).toBe(2 * ONE);
      expect(bodies(await replayed(journal))).toEqual(['first', 'secon']);
    },
  );

  test('a tail of zeroes, as a crash leaves it, is cut off', async () => {
    const journal = await damaged((bytes) => Buffer.concat([bytes, Buffer.alloc(4096)]));
    expect(await journal.start()).toMatchObject({ records: 3, tornTails: 1, tornBytes: 4096 });
  });

  test.each([0, 4, 8, 12, 16, HEADER_BYTES])(
    'a byte changed at %i of the second record costs that record only',
    async (at) => {
      const journal = await damaged((bytes) => {
        const copy = Buffer.from(bytes);
        copy.writeUInt8(copy.readUInt8(ONE + at) ^ 0x55, ONE + at);
        return copy;
      });
      expect(await journal.start()).toMatchObject({
        records: 2,
        tornTails: 0,
        damagedRanges: 1,
        damagedBytes: ONE,
      });
      expect(bodies(await replayed(journal))).toEqual(['first', 'third']);
    },
  );

  test.each([
    ['the disk only made room for', () => Buffer.alloc(1000)],
    ['whose first record was cut short', (bytes: Buffer) => bytes.subarray(0, 20)],
  ])('a segment that %s is removed', async (_, change) => {
    const journal = await damaged(change);
    expect(await journal.start()).toMatchObject({ segments: 0, tornTails: 1 });
    await journal.shutdown();
    expect(await segmentNames()).toEqual([]);
  });

  test('a segment that begins with something else is left as it is', async () => {
    const journal = await damaged(() => Buffer.from('not a journal at all, certainly'));
    expect(await journal.start()).toMatchObject({ records: 0, damagedRanges: 1, tornTails: 0 });
    await journal.shutdown();
    expect(await segmentNames()).toHaveLength(1);
  });

  test('a torn body full of things that look like records is read once', async () => {
    const header = Buffer.from(encodeHeader(record('x'.repeat(1_000_000))));
    const lookAlikes = Buffer.alloc(4_000_000, header);
    const journal = await damaged((bytes) => Buffer.concat([bytes, lookAlikes]));
    expect(await journal.start()).toMatchObject({ records: 3, tornTails: 1 });
  });
});

describe('a disk that refuses (28, 34)', () => {
  test.each<Exclude<Failure, undefined>>(['create', 'write', 'partial write', 'sync'])(
    'a failed %s refuses the append with a code; the next works in a new segment without a restart',
    async (failure) => {
      const files = createFailingFiles(createSegmentFiles(dir));
      const problems: string[] = [];
      const onProblem: JournalOptions['onProblem'] = ({ kind, segment }) =>
        problems.push(`${kind} ${segment}`);
      const journal = await started({ files, onProblem });
      if (failure !== 'create') await journal.append(record('before'));
      files.failure = failure;
      expect(await code(journal.append(record('lost')))).toBe('journal_unavailable');
      files.failure = undefined;
      const { segment } = await journal.append(record('after'));

      expect(segment).toBe(2);
      expect(files.syncs.get(1)).toBe(
        failure === 'create' ? undefined : failure === 'sync' ? 2 : 1,
      );
      expect(problems).toEqual(failure === 'create' ? [] : ['segment_abandoned 1']);
      expect(journal.stats()).toMatchObject({ refused: 1, queuedBytes: 0 });
      const kept = bodies(await replayed(await started()));
      expect(kept).toEqual(failure === 'create' ? ['after'] : ['before', 'after']);
    },
  );

  test('all that wait are refused while the disk is full, and nothing is left behind', async () => {
    const files = createFailingFiles(createSegmentFiles(dir));
    const journal = await started({ files });
    files.failure = 'write';
    const outcomes = Array.from({ length: 50 }, () => code(journal.append(record('x'))));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['journal_unavailable']));
    await journal.shutdown();
    expect(await segmentNames()).toEqual([]);
  });

  test('a torn segment of a running journal does not hide the records of the next', async () => {
    const journal = await started({ segmentMaxBytes: HEADER_BYTES + 5 });
    for (const body of ['first', 'secon']) await journal.append(record(body));
    await truncate(join(dir, '000000000001.journal'), 10);
    expect(bodies(await replayed(await started()))).toEqual(['secon']);
  });
});
