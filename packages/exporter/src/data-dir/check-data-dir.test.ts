import { appendFile, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createJournal } from '../journal/journal.ts';
import type { Pipeline } from '../pipeline-api.ts';
import { createPipeline } from '../pipeline.ts';
import { acceptTraces } from '../testing/otlp-builder.ts';
import { refundStory } from '../testing/stories.ts';
import { readTrajectories } from '../trajectory/read-trajectories.ts';
import { backupDataDir } from './backup-data-dir.ts';
import { checkDataDir } from './check-data-dir.ts';
import { openDataDir } from './data-dir.ts';

let root: string;
let dir: string;
const open: Pipeline[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aftertrace-check-'));
  dir = join(root, 'data');
  const opened = await openDataDir(dir);
  if (opened.kind === 'opened') await opened.dataDir.close();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((pipeline) => pipeline.shutdown(1000)));
  await rm(root, { recursive: true });
});

const trace = (run: number): string => run.toString(16).padStart(32, '0');

/** A pipeline that has written some runs, has one open, and goes on. Every run has a text in a file of its own. */
async function running(runs = 3): Promise<Pipeline> {
  const pipeline = createPipeline({
    dataDir: dir,
    journal: createJournal({ dir: join(dir, 'journal') }),
    config: { files: { hermes: true, blobs: { minBytes: 1024, headChars: 10 } } },
  });
  open.push(pipeline);
  await pipeline.start();
  for (let run = 1; run <= runs; run += 1) await add(pipeline, run);
  await pipeline.flush({ all: true });
  await pipeline.accept(
    acceptTraces(refundStory(`run-${runs + 1}`, trace(runs + 1)).spans.slice(0, 1)),
  );
  return pipeline;
}

async function add(pipeline: Pipeline, run: number): Promise<void> {
  const [first, ...rest] = refundStory(`run-${run}`, trace(run)).spans;
  if (first === undefined) throw new Error('no spans');
  const text = `${run} `.repeat(2000);
  const message = [{ role: 'assistant', parts: [{ type: 'text', content: text }] }];
  const attributes = { ...first.attributes, 'gen_ai.output.messages': JSON.stringify(message) };
  await pipeline.accept(acceptTraces([{ ...first, attributes }, ...rest]));
}

async function fileIn(folder: string, ending = '.jsonl'): Promise<string> {
  const name = (await readdir(join(dir, folder))).find((entry) => entry.endsWith(ending));
  if (name === undefined) throw new Error(`nothing in ${folder}`);
  return join(dir, folder, name);
}

describe('a check', () => {
  test('of a directory that a companion is writing to finds nothing, and writes nothing', async () => {
    await running();
    const before = (await readdir(dir, { recursive: true })).toSorted();
    expect(await checkDataDir(dir)).toEqual({
      ok: true,
      version: '1',
      files: 2,
      lines: 6,
      blobs: 3,
      journalRecords: expect.any(Number) as unknown,
      problems: [],
      omitted: 0,
    });
    expect((await readdir(dir, { recursive: true })).toSorted()).toEqual(before);
  });

  test('of an empty directory holds', async () => {
    expect(await checkDataDir(dir)).toMatchObject({ ok: true, lines: 0, problems: [] });
  });

  test('says what it has not looked at where the journal is encrypted, and that is no error', async () => {
    const encryption = { key: Buffer.alloc(32, 'k') };
    const journal = createJournal({ dir: join(dir, 'journal'), encryption });
    await journal.start();
    await journal.append({
      signal: 'traces',
      encoding: 'protobuf',
      contentEncoding: 'identity',
      receivedAt: 1,
      body: Buffer.from('of somebody'),
    });
    await journal.shutdown();
    const report = await checkDataDir(dir);
    expect(report).toMatchObject({ ok: true, journalRecords: 1 });
    expect(report.problems).toEqual([
      {
        severity: 'unchecked',
        where: 'journal/000000000001.journal',
        message: expect.stringMatching(
          /^encrypted, and a check has no keys: of 1 requests/,
        ) as unknown,
      },
    ]);
  });

  const DAMAGES: readonly [string, () => Promise<void>, RegExp][] = [
    [
      'a changed line',
      async () => change('trajectories/failure', '"ATIF-v1.7"', '"ATIF-x1.7"'),
      /failure\/.*:1: no trajectory/,
    ],
    [
      'a line of another run',
      async () => change('trajectories/failure', '"revision":1', '"revision":7'),
      /failure\/.*:1: the index tells of another/,
    ],
    ['a text that is gone', async () => rm(await blob()), /blobs\/.*: a line needs this text/],
    [
      'a text that was changed',
      async () => writeFile(await blob(), 'x'),
      /blobs\/.*: the text is not the one/,
    ],
    [
      'a damaged record of the journal',
      async () => damageJournal(),
      /journal\/.*: \d+ bytes .* damaged/,
    ],
    [
      'a version that nobody knows',
      async () => writeFile(join(dir, 'VERSION'), '77\n'),
      /VERSION: expected 1/,
    ],
    [
      'a hold that cannot be read',
      async () => writeFile(join(dir, 'holds.jsonl'), 'no\n'),
      /holds\.jsonl: line 1/,
    ],
    [
      'a hermes line that is cut',
      async () => change(await hermesFolder(), '{"', '['),
      /hermes\/.*:1: not JSON/,
    ],
  ];

  test.each(DAMAGES)('finds %s', async (_what, damage, expected) => {
    await (await running()).shutdown(1000);
    open.splice(0);
    await damage();
    const report = await checkDataDir(dir);
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ where, message }) => `${where}: ${message}`).join('\n')).toMatch(
      expected,
    );
  });

  test('tells what mends itself as a warning: a torn end, an index that is gone, a text that nobody needs', async () => {
    await (await running()).shutdown(1000);
    open.splice(0);
    const file = await fileIn('trajectories/failure');
    await appendFile(file, '{"half":');
    await rm(`${file}.idx`);
    const path = await blob();
    await writeFile(path.slice(0, -4) + 'abcd', 'x');
    const report = await checkDataDir(dir);
    expect(report.ok).toBe(true);
    expect(report.problems.map(({ message }) => message)).toEqual([
      '8 bytes at the end are no whole line yet',
      'missing or outdated; made anew at the next start',
      'no line needs this text; it only takes room',
    ]);
  });

  async function hermesFolder(): Promise<string> {
    const [day = ''] = await readdir(join(dir, 'trajectories', 'hermes'));
    return `trajectories/hermes/${day}`;
  }

  async function change(folder: string, from: string, to: string): Promise<void> {
    const file = await fileIn(folder);
    const text = await readFile(file, 'utf8');
    expect(text).toContain(from);
    await writeFile(file, text.replace(from, to.padEnd(from.length)));
    // As if the disk had changed it: else the index is known to be the older one.
    await utimes(file, 1, 1);
  }

  async function blob(): Promise<string> {
    const names = await readdir(join(dir, 'blobs'), { recursive: true });
    return join(dir, 'blobs', names.find((name) => name.length > 60) ?? '');
  }

  async function damageJournal(): Promise<void> {
    const journal = createJournal({ dir: join(dir, 'journal') });
    await journal.start();
    const record = {
      signal: 'traces',
      encoding: 'protobuf',
      contentEncoding: 'identity',
      receivedAt: 1,
    } as const;
    for (let n = 0; n < 3; n += 1)
      await journal.append({ ...record, body: Buffer.alloc(100, 65 + n) });
    await journal.shutdown();
    const names = (await readdir(join(dir, 'journal'))).toSorted();
    const file = join(dir, 'journal', names.at(-1) ?? '');
    const bytes = await readFile(file);
    bytes[60] = 0;
    await writeFile(file, bytes);
  }
});

describe('a backup', () => {
  test('made while lines are written is a sound data directory with every run that was there before', async () => {
    const pipeline = await running(20);
    const target = join(root, 'backup');
    const stop = new AbortController();
    const writing = (async () => {
      for (let run = 100; !stop.signal.aborted; run += 1) {
        await add(pipeline, run);
        await pipeline.flush({ all: true });
      }
    })();
    await backupDataDir(dir, target);
    stop.abort();
    await writing;
    const report = await checkDataDir(target);
    expect(report.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const runs = (await Array.fromAsync(readTrajectories(target))).map(
      ({ trajectory }) => trajectory.extra.aftertrace.runId ?? '',
    );
    expect(runs).toEqual(
      expect.arrayContaining(Array.from({ length: 20 }, (_, index) => `run-${index + 1}`)),
    );
    expect(await readdir(target)).not.toContain('lock');
  });

  test('has the open runs too: a companion on it goes on with them', async () => {
    await running(1);
    const target = join(root, 'backup');
    await backupDataDir(dir, target);
    const again = createPipeline({
      dataDir: target,
      journal: createJournal({ dir: join(target, 'journal') }),
    });
    open.push(again);
    await again.start();
    await again.flush({ all: true });
    const runs = (await Array.fromAsync(readTrajectories(target))).map(
      ({ trajectory }) => trajectory.extra.aftertrace.runId ?? '',
    );
    expect(runs.toSorted()).toEqual(['run-1', 'run-2']);
  });

  test('leaves out half a line at the end', async () => {
    await (await running(1)).shutdown(1000);
    open.splice(0);
    await appendFile(await fileIn('trajectories/failure'), '{"half":');
    const target = join(root, 'backup');
    await backupDataDir(dir, target);
    const { ok, problems } = await checkDataDir(target);
    expect(ok).toBe(true);
    expect(problems.filter(({ message }) => message.includes('no whole line'))).toEqual([]);
  });

  test('does not go where something is', async () => {
    const target = join(root, 'backup');
    await backupDataDir(dir, target);
    await expect(backupDataDir(dir, target)).rejects.toMatchObject({ code: 'data_dir_unusable' });
  });
});
