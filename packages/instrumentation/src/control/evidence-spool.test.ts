import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { EvidenceBatch, EvidenceRecord } from '@aftertrace/schema';
import { expect, onTestFinished, test, vi } from 'vitest';

import { createDiagnostics, type Diagnostics } from '../diagnostics.ts';
import { createEvidenceQueue } from './evidence-queue.ts';
import { createEvidenceSpool, spoolFileName, type EvidenceSpool } from './evidence-spool.ts';
import type { HttpResult } from './http-client.ts';
import { sendLeftEvidence } from './send-left-evidence.ts';
import { findSpoolDirectory } from './spool-directory.ts';

const TAKEN: HttpResult = { kind: 'response', status: 200, body: '' };
const DOWN: HttpResult = { kind: 'unreachable', reason: 'down' };
const proof = {
  type: 'override.outcome',
  data: { override: 'o', status: 'succeeded', at: '2026-11-23T10:00:00.000Z' },
} as const;
const record = (seq: number): EvidenceRecord => ({ seq, ...proof });
const line = (seq: number): string => JSON.stringify(record(seq));
const OWN_PID = 100;

interface Place {
  readonly directory: string;
  readonly diagnostics: Diagnostics;
  readonly spool: (instance: string, pid: number, maxBytes?: number) => EvidenceSpool;
  readonly files: () => readonly string[];
  /** Looks for what was left, as process 100; the given processes run. */
  readonly look: (
    running: readonly number[],
    answers?: HttpResult[],
    withRefused?: boolean,
    more?: { readonly during?: () => Promise<void>; readonly maxRefusedBytes?: number },
  ) => Promise<readonly EvidenceBatch[]>;
}

async function place(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'aftertrace-spool-'));
  onTestFinished(async () => rm(root, { recursive: true, force: true }));
  const directory = join(root, 'evidence');
  const diagnostics = createDiagnostics(() => undefined);
  return {
    directory,
    diagnostics,
    spool: (instance, pid, maxBytes) =>
      createEvidenceSpool({
        directory,
        instance,
        agent: 'support',
        pid,
        diagnostics,
        ...(maxBytes === undefined ? {} : { maxBytes }),
      }),
    files: () => readdirSync(directory),
    look: async (running, answers = [], withRefused = false, { during, ...more } = {}) => {
      const batches: EvidenceBatch[] = [];
      await sendLeftEvidence({
        directory,
        instance: 'own',
        pid: OWN_PID,
        startedAtMillis: Date.now() - 60_000,
        diagnostics,
        withRefused,
        ...more,
        isRunning: (pid) => running.includes(pid),
        send: async (batch) => {
          const answer = answers.shift() ?? TAKEN;
          if (answer === TAKEN) batches.push(batch);
          await during?.();
          return answer;
        },
      });
      return batches;
    },
  };
}

/** Name of a file of what was set aside of a process. */
const asideOf = (instance: string): unknown =>
  expect.stringMatching(
    new RegExp(`^${instance}-[0-9a-f]{16}[.]0[.][0-9a-f]{12}[.]refused[.]jsonl$`),
  );

const FULL_DISK = '/dev/full';

test.runIf(existsSync(FULL_DISK) && existsSync('/proc/self/fd'))(
  'a disk that is full keeps nothing, and leaves no file open for each record',
  async () => {
    const { spool, directory, diagnostics } = await place();
    mkdirSync(directory);
    symlinkSync(FULL_DISK, join(directory, spoolFileName('own', OWN_PID)));
    const own = spool('own', OWN_PID);
    for (let seq = 0; seq < 5; seq += 1) expect(own.keep(line(seq))).toBe(false);
    expect(diagnostics.counts().get('control.spool_error')).toBe(5);
    expect(openFiles()).not.toContain(FULL_DISK);
  },
);

function openFiles(): readonly (string | undefined)[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The one by which the list was read.
      return undefined;
    }
  });
}

test('what a process that crashed had kept is sent by the next, under its own name and numbers', async () => {
  const { spool, look, files, directory } = await place();
  const crashed = spool('crashed', 7);
  for (let seq = 0; seq < 3; seq += 1) expect(crashed.keep(line(seq))).toBe(true);
  expect(statSync(join(directory, files()[0] ?? '')).mode & 0o777).toBe(0o600);
  expect(await look([7])).toEqual([]);
  expect(await look([])).toEqual([
    { instance: 'crashed', agent: 'support', records: [0, 1, 2].map(record) },
  ]);
  expect(files()).toEqual([]);
});

test('what cannot be sent stays for the next look, and what is refused for good does not', async () => {
  const { spool, look, files, diagnostics } = await place();
  spool('crashed', 7).keep(line(0));
  expect(await look([], [DOWN])).toEqual([]);
  expect(files()).toHaveLength(1);
  expect(await look([], [{ kind: 'response', status: 401, body: '' }])).toEqual([]);
  expect(files()).toHaveLength(1);
  expect(await look([])).toHaveLength(1);
  spool('odd', 8).keep(line(0));
  expect(await look([], [{ kind: 'response', status: 400, body: '' }])).toEqual([]);
  expect(files()).toEqual([]);
  expect(diagnostics.counts().get('control.evidence_refused')).toBe(1);
});

const FORBIDDEN: HttpResult = { kind: 'response', status: 403, body: '' };

test('what the token does not speak for is set aside, the others go on, and the next process tries it', async () => {
  const { spool, look, files, diagnostics } = await place();
  for (const instance of ['a', 'b']) spool(instance, 7).keep(line(1));
  expect(await look([], [FORBIDDEN])).toMatchObject([{ instance: 'b' }]);
  expect(files()).toEqual([asideOf('a')]);
  expect(diagnostics.counts().get('control.evidence_set_aside')).toBe(1);
  // Not again by the same process, and never in the way of others.
  expect(await look([])).toEqual([]);
  spool('c', 7).keep(line(3));
  expect(await look([], [FORBIDDEN], true)).toMatchObject([{ instance: 'c' }]);
  expect(files()).toEqual([asideOf('a')]);
  expect(await look([], [DOWN], true)).toEqual([]);
  expect(await look([], [], true)).toMatchObject([
    { instance: 'a', agent: 'support', records: [{ seq: 1 }] },
  ]);
  expect(files()).toEqual([]);
});

test('what is set aside of one process twice is sent whole, each from a file that nobody adds to', async () => {
  const { spool, look, files } = await place();
  for (const seq of [1, 2]) {
    spool('a', 7).keep(line(seq));
    await look([], [FORBIDDEN]);
  }
  expect(files()).toEqual([asideOf('a'), asideOf('a')]);
  const batches = await look([], [], true);
  const seqs = batches.flatMap(({ records }) => records.map(({ seq }) => seq));
  expect(seqs.toSorted((one, other) => one - other)).toEqual([1, 2]);
  expect(files()).toEqual([]);
});

test('what is set aside while another process sends what was is not lost', async () => {
  const { spool, look, files } = await place();
  spool('a', 7).keep(line(1));
  await look([], [FORBIDDEN]);
  const setAside = async (): Promise<void> => {
    spool('a', 7).keep(line(2));
    await look([], [FORBIDDEN]);
  };
  expect(await look([], [], true, { during: setAside })).toMatchObject([{ records: [{ seq: 1 }] }]);
  expect(files()).toEqual([asideOf('a')]);
  expect(await look([], [], true)).toMatchObject([{ records: [{ seq: 2 }] }]);
});

test('of what is refused for ever the oldest goes, is counted, and what a running process has is left', async () => {
  const { spool, directory, diagnostics, look, files } = await place();
  const running = { directory, instance: 'r', agent: 'support', pid: 9, diagnostics };
  createEvidenceSpool({ ...running, isRefused: true }).keep(line(0));
  for (const [index, instance] of ['a', 'b', 'c'].entries()) {
    spool(instance, 7).keep(line(index));
    await look([9], [FORBIDDEN]);
    const file = files().find((name) => name.startsWith(`${instance}-`)) ?? '';
    const at = new Date(1_000_000 * (index + 1));
    utimesSync(join(directory, file), at, at);
  }
  const { size } = statSync(join(directory, files().find((name) => name.startsWith('a')) ?? ''));
  await look([9], [], false, { maxRefusedBytes: 2 * size + 10 });
  expect(files()).toEqual([asideOf('b'), asideOf('c'), spoolFileName('r', 9, true)]);
  expect(diagnostics.counts().get('control.evidence_dropped')).toBe(1);
});

test('what is kept since the rest could not be sent is not set aside beside it, however often', async () => {
  const { spool, look, files } = await place();
  const crashed = spool('a', 7);
  // One more than go in a batch.
  for (let seq = 0; seq < 501; seq += 1) crashed.keep(line(seq));
  for (let times = 0; times < 2; times += 1) await look([], [FORBIDDEN, DOWN]);
  expect(files()).toEqual([spoolFileName('a', 0)]);
  expect(await look([], [FORBIDDEN])).toMatchObject([{ records: [{ seq: 500 }] }]);
  const [batch] = await look([], [], true);
  expect(batch?.records).toHaveLength(500);
  expect(files()).toEqual([]);
});

test('what a process that runs has set aside is left to it', async () => {
  const { directory, diagnostics, look, files } = await place();
  const whose = { directory, instance: 'a', agent: 'support', pid: 7, diagnostics };
  createEvidenceSpool({ ...whose, isRefused: true }).keep(line(1));
  expect(await look([7], [], true)).toEqual([]);
  expect(files()).toEqual([spoolFileName('a', 7, true)]);
  expect(await look([], [], true)).toHaveLength(1);
});

test('a line that a crash cut short is left out, and the rest is sent', async () => {
  const { spool, look, directory, files } = await place();
  const crashed = spool('crashed', 7);
  for (let seq = 0; seq < 3; seq += 1) crashed.keep(line(seq));
  const file = join(directory, files()[0] ?? '');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.slice(0, -20));
  expect((await look([]))[0]?.records).toEqual([0, 1].map(record));
});

test('more than one batch is sent as several, and a failure in the middle loses nothing', async () => {
  const { spool, look } = await place();
  const crashed = spool('crashed', 7);
  for (let seq = 0; seq < 1200; seq += 1) crashed.keep(line(seq));
  await look([], [TAKEN, DOWN]);
  const batches = await look([]);
  expect(batches.map(({ records }) => records.length)).toEqual([500, 500, 200]);
});

test('where every process has the same number, an older file is of one before', async () => {
  const { spool, look, directory } = await place();
  spool('before', OWN_PID).keep(line(0));
  expect(await look([OWN_PID])).toEqual([]);
  const old = new Date(Date.now() - 3_600_000);
  utimesSync(join(directory, spoolFileName('before', OWN_PID)), old, old);
  expect(await look([OWN_PID])).toHaveLength(1);
});

test('its own is not left, also where the clock has jumped', async () => {
  const { spool, look, files, directory } = await place();
  spool('own', OWN_PID).keep(line(0));
  const old = new Date(Date.now() - 3_600_000);
  utimesSync(join(directory, spoolFileName('own', OWN_PID)), old, old);
  expect(await look([OWN_PID])).toEqual([]);
  expect(files()).toHaveLength(1);
});

test('what is left is found among any number of files that are not', async () => {
  const { spool, look, directory } = await place();
  spool('z', 7).keep(line(0));
  for (let n = 0; n < 1_000; n += 1) writeFileSync(join(directory, `a${n}.txt`), '');
  expect(await look([])).toHaveLength(1);
});

test('files of other machines, and files that are none of ours, are left alone', async () => {
  const { spool, look, directory, files } = await place();
  spool('x', 7).keep(line(0));
  const names = ['x.7.000000000000.jsonl', '../escape.jsonl'.slice(3), 'x.7.jsonl'];
  for (const name of names) writeFileSync(join(directory, name), '{"v":1}\n');
  await look([]);
  expect([...files()].toSorted()).toEqual([...names].toSorted());
});

test('beyond its size nothing is kept, and that is counted', async () => {
  const { spool, diagnostics } = await place();
  const small = spool('small', 7, 200);
  expect(small.keep(line(0))).toBe(true);
  expect(small.keep(line(1))).toBe(false);
  expect(diagnostics.counts().get('control.spool_full')).toBe(1);
  small.clear();
  expect(small.keep(line(2))).toBe(true);
});

test('a place that cannot be written is told once, and the evidence goes its way', async () => {
  const { diagnostics, directory } = await place();
  writeFileSync(directory, 'a file where the directory should be');
  const spool = createEvidenceSpool({
    directory,
    instance: 'i',
    agent: 'a',
    pid: 7,
    diagnostics,
  });
  expect(spool.keep(line(0))).toBe(false);
  expect(spool.keep(line(1))).toBe(false);
  expect(diagnostics.counts().get('control.spool_error')).toBe(2);
});

test('the queue keeps what is not sent, and clears it when it is', async () => {
  const { spool, files, diagnostics, directory } = await place();
  const answers = [DOWN];
  const queue = createEvidenceQueue({
    instance: 'i',
    agent: 'a',
    diagnostics,
    maxRecords: 10,
    random: () => 1,
    spool: spool('i', OWN_PID),
    send: async () => answers.shift() ?? TAKEN,
  });
  queue.add(proof);
  queue.add(proof);
  expect(readFileSync(join(directory, files()[0] ?? ''), 'utf8').split('\n')).toHaveLength(4);
  await queue.drain();
  await queue.drain();
  expect(files()).toEqual([]);
});

test('what memory cannot hold is sent from disk, once the rest is sent: nothing is lost', async () => {
  const { spool, look, diagnostics } = await place();
  const onLeft = vi.fn<() => void>();
  const answers = [DOWN];
  const sent: number[] = [];
  const queue = createEvidenceQueue({
    instance: 'i',
    agent: 'a',
    diagnostics,
    maxRecords: 2,
    random: () => 1,
    onLeft,
    spool: spool('i', OWN_PID),
    send: async ({ records }) => {
      const answer = answers.shift() ?? TAKEN;
      if (answer === TAKEN) sent.push(...records.map(({ seq }) => seq));
      return answer;
    },
  });
  for (let n = 0; n < 5; n += 1) queue.add(proof);
  await queue.drain();
  await queue.drain();
  expect(sent).toEqual([3, 4]);
  expect(onLeft).toHaveBeenCalledOnce();
  expect(diagnostics.counts().get('control.evidence_dropped')).toBeUndefined();
  expect((await look([OWN_PID]))[0]?.records.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4]);
});

test.each<[string, Record<string, string>, string, string | undefined]>([
  ['beside the companion file', {}, '/home/ana', '/home/ana/.local/state/aftertrace/evidence/'],
  ['in the place given', { AFTERTRACE_SPOOL: '/var/spool/x' }, '/home/ana', '/var/spool/x/'],
  ['nowhere where it is not wanted', { AFTERTRACE_SPOOL: 'off' }, '/home/ana', undefined],
  ['nowhere for a user without a home', {}, '', undefined],
])('evidence is kept %s', (_name, env, home, expected) => {
  const found = findSpoolDirectory({ env, home, companion: 'http://127.0.0.1:4320' });
  expect(found?.replace(/[0-9a-f]{32}$/, '')).toBe(expected);
});
