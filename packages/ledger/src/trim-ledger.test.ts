import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { LedgerEntry } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { openAppendFile, type AppendFile } from './append-file.ts';
import { openLedger, type Ledger } from './open-ledger.ts';
import { input, NOW } from './testing/inputs.ts';
import { tempDir } from './testing/temp-dir.ts';
import {
  open,
  place,
  privateKeyPem,
  publicKey,
  request,
  verify,
  type Place,
} from './testing/trimmed-ledger.ts';
import { verifyLedger, type LedgerReport } from './verify-ledger.ts';

/** A ledger whose checkpoints cannot be written. */
function openUnsignable(at: Place): Promise<Ledger> {
  return open(at, {
    openFile: async (path) => {
      const file = await openAppendFile(path);
      if (path !== at.files[0]) return file;
      return { ...file, append: async () => Promise.reject(new Error('disk full')) };
    },
  });
}

async function append(ledger: Ledger, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => from + n);
  await Promise.all(numbers.map(async (n) => ledger.append(input(n, { n, keep: n % 10 === 0 }))));
}

async function numbersIn(ledger: Ledger): Promise<readonly unknown[]> {
  const numbers: unknown[] = [];
  for await (const { data } of ledger.entries()) if ('n' in data) numbers.push(data['n']);
  return numbers;
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, n) => from + n);

test('entries are removed from the beginning, what is needed of them stays, and all of it verifies', async () => {
  const at = await place();
  const ledger = await open(at);
  await append(ledger, 0, 40);
  const before = (await readFile(at.path)).length;
  const result = await ledger.trim(request(24));
  expect(result).toMatchObject({
    entries: 25,
    carried: 3,
    bytesBefore: expect.any(Number) as unknown,
  });
  expect(result.bytesAfter).toBe((await readFile(at.path)).length);
  expect(result.bytesAfter).toBeLessThan(before);
  expect(ledger.removal()).toMatchObject({ through: 24, policy: { maxAgeMillis: 1 } });
  await append(ledger, 40, 2);
  const numbers = [0, 10, 20, ...range(25, 42)];
  expect(await numbersIn(ledger)).toEqual(numbers);
  await ledger.close();
  expect(await verify(at)).toMatchObject({ ok: true, removal: { through: 24 }, gaps: [] });
  const again = await open(at);
  expect(await numbersIn(again)).toEqual(numbers);
  expect(again.removal()).toMatchObject({ through: 24 });
  await append(again, 42, 1);
  expect(again.head().seq).toBe(46);
});

test('entries are removed again and again, and what was carried over goes or stays with the rest', async () => {
  const at = await place();
  let ledger = await open(at);
  await append(ledger, 0, 30);
  await ledger.trim(request(9));
  await append(ledger, 30, 30);
  await ledger.trim(request(19));
  await ledger.close();
  ledger = await open(at);
  const { seq } = ledger.head();
  await ledger.trim(request(seq));
  expect(await numbersIn(ledger)).toEqual([0, 10, 20, 30, 40, 50]);
  await append(ledger, 60, 1);
  await ledger.close();
  expect(await verify(at)).toMatchObject({ ok: true, removal: { through: seq } });
});

test('what comes while entries are removed is kept, in its order, and readers are not disturbed', async () => {
  const at = await place();
  const ledger = await open(at);
  await append(ledger, 0, 3000);
  const reading = ledger.entries()[Symbol.asyncIterator]();
  await reading.next();
  const trimming = ledger.trim(request(2500));
  const coming = (async () => {
    for (let n = 3000; n < 3100; n += 1) await append(ledger, n, 1);
  })();
  await Promise.all([trimming, coming]);
  let read = 1;
  for (let one = await reading.next(); one.done !== true; one = await reading.next()) read += 1;
  expect(read).toBe(3000);
  expect((await numbersIn(ledger)).slice(251)).toEqual(range(2501, 3100));
  await ledger.close();
  expect(await verify(at)).toMatchObject({ ok: true });
});

test('nothing is removed that is not there, or while it cannot be signed for', async () => {
  const at = await place();
  const ledger = await openUnsignable(at);
  await append(ledger, 0, 10);
  await expect(ledger.trim(request(99))).rejects.toMatchObject({ code: 'trim_refused' });
  await expect(ledger.trim(request(5))).rejects.toMatchObject({ code: 'trim_refused' });
  expect(await numbersIn(ledger)).toEqual(range(0, 10));
  await ledger.close();
  const report = await verifyLedger(at.path, { checkpoints: [at.files[1]], keys: [publicKey] });
  expect(report).toMatchObject({ ok: true });
  expect(report).not.toHaveProperty('removal');
});

test('a place whose checkpoints are all about removed entries does not keep the ledger from opening', async () => {
  const at = await place();
  const early = await open(at);
  await append(early, 0, 5);
  await early.close();
  const old = await readFile(at.files[1], 'utf8');
  const ledger = await open(at);
  await append(ledger, 5, 20);
  await ledger.trim(request(10));
  await ledger.close();
  await writeFile(at.files[1], old);
  const again = await open(at);
  await append(again, 25, 1);
  await again.close();
  expect(await verify(at)).toMatchObject({ ok: true });
});

/** Dies at its `n`th step: from then on nothing reaches the disk. */
function dyingAt(n: number): {
  readonly openFile: (path: string) => Promise<AppendFile>;
  readonly steps: () => number;
} {
  let steps = 0;
  const opened: AppendFile[] = [];
  onTestFinished(
    async () => void (await Promise.allSettled(opened.map(async (file) => file.close()))),
  );
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    steps += 1;
    if (steps > n) throw new Error('killed');
    return work();
  };
  return {
    steps: () => steps,
    openFile: async (path) => {
      const file = await step(async () => openAppendFile(path));
      opened.push(file);
      const half = async (text: string): Promise<void> => {
        if (steps + 1 === n + 1) await file.append(text.slice(0, text.length / 2));
        await step(async () => file.append(text));
      };
      return {
        size: async () => file.size(),
        append: half,
        sync: async () => step(async () => file.sync()),
        truncate: async (size) => step(async () => file.truncate(size)),
        close: async () => step(async () => file.close()),
      } satisfies AppendFile;
    },
  };
}

test('killed at whatever step, the log has all of it or the rest with what was carried over', async () => {
  const outcomes = new Set<string>();
  for (let n = 1; ; n += 1) {
    const at = await place();
    const before = await open(at);
    await append(before, 0, 30);
    await before.close();
    const dying = dyingAt(n);
    const ledger = await open(at, dying).catch(() => undefined);
    const done = await ledger?.trim(request(20)).then(
      () => true,
      () => false,
    );
    const again = await open(at);
    const numbers = await numbersIn(again);
    const removed = again.removal() !== undefined;
    expect(numbers).toEqual(removed ? [0, 10, 20, ...range(21, 30)] : range(0, 30));
    expect(removed || done !== true).toBe(true);
    await append(again, 30, 1);
    await again.close();
    expect(await verify(at), `killed at step ${n}`).toMatchObject({ ok: true });
    expect((await readdir(join(at.path, '..'))).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    );
    outcomes.add(removed ? 'removed' : 'whole');
    if (done === true && dying.steps() < n) break;
  }
  expect(outcomes).toEqual(new Set(['removed', 'whole']));
});

test(
  'a process that is killed while it removes leaves a log that verifies and goes on',
  { timeout: 120_000 },
  async () => {
    const at = await place();
    const script = fileURLToPath(new URL('testing/trim-forever.ts', import.meta.url));
    let removals = 0;
    for (let round = 0; round < 8; round += 1) {
      const child = spawn(
        process.execPath,
        ['--conditions=@aftertrace/source', script, at.path, ...at.files],
        {
          env: { ...process.env, SIGNING_KEY: privateKeyPem },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      // It tells of each removal: some are done, and one goes on when it is killed.
      for (let lines = 0; lines < 3 + round; lines += 1) await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      const ledger = await open(at);
      removals = ledger.removal()?.through ?? 0;
      expect((await numbersIn(ledger)).length).toBeGreaterThan(0);
      await ledger.close();
      expect(await verify(at)).toMatchObject({ ok: true });
    }
    expect(removals).toBeGreaterThan(0);
  },
);

/** A log of which entries were removed twice, and lines of one that was never trimmed. */
async function trimmed(): Promise<
  Place & { readonly lines: readonly string[]; readonly gone: readonly string[] }
> {
  const at = await place();
  const ledger = await open(at);
  await append(ledger, 0, 40);
  const gone = (await readFile(at.path, 'utf8')).trimEnd().split('\n').slice(0, 20);
  await ledger.trim(request(9));
  await append(ledger, 40, 5);
  await ledger.trim(request(19));
  await append(ledger, 45, 5);
  await ledger.close();
  const lines = (await readFile(at.path, 'utf8')).trimEnd().split('\n');
  return { ...at, lines, gone };
}

test('every line that is taken out, changed, moved or put back is found in what is left', async () => {
  const at = await trimmed();
  const found = async (lines: readonly string[]): Promise<LedgerReport> => {
    await writeFile(at.path, lines.map((line) => `${line}\n`).join(''));
    return verify(at);
  };
  expect(await found(at.lines)).toMatchObject({ ok: true, removal: { through: 19 } });
  for (const [n, line] of at.lines.entries()) {
    const changed = line.replace(/"at":"20/, '"at":"21');
    for (const [what, lines] of [
      ['out', at.lines.toSpliced(n, 1)],
      ['changed', at.lines.with(n, changed)],
      ['from here on', at.lines.slice(n + 1)],
      ['up to here', at.lines.slice(0, n)],
      ['back', at.lines.toSpliced(n, 0, at.gone[n % 20] ?? '')],
    ] as const)
      expect((await found(lines)).ok, `line ${n} ${what}`).toBe(false);
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(at.lines.length - 1), fc.nat(at.lines.length - 1), async (a, b) => {
      fc.pre(a !== b);
      const swapped = at.lines.with(a, at.lines[b] ?? '').with(b, at.lines[a] ?? '');
      expect((await found(swapped)).ok).toBe(false);
    }),
  );
  expect((await found([...at.gone, ...at.lines])).ok).toBe(true); // Nothing is gone: nothing is wrong.
});

/** Of a forger's own making: a chain that holds, and nobody's signature. */
async function forgedBeginning(): Promise<Place> {
  const at = await place();
  const ledger = await open(at);
  await append(ledger, 0, 30);
  await ledger.close();
  const forged = await openLedger({ path: at.path, now: () => NOW });
  const lines = (await readFile(at.path, 'utf8')).trimEnd().split('\n');
  const { hash } = JSON.parse(lines[9] ?? '') as LedgerEntry;
  const data = { trim: 'forged', through: 9, hash, carried: 0, policy: {} };
  await forged.append({ ...input(0), type: 'ledger.trimmed', data });
  await forged.close();
  const all = (await readFile(at.path, 'utf8')).trimEnd().split('\n');
  const kept = all.slice(10).map((line) => `${line}\n`);
  await writeFile(at.path, kept.join(''));
  return at;
}

test('who cuts the beginning off, and says so in an entry, is found by a verification', async () => {
  const { ok, problems } = await verify(await forgedBeginning());
  expect([ok, problems.map(({ kind }) => kind)]).toEqual([false, ['unsigned', 'unsigned']]);
});

test('and such a log is not opened, with its checkpoints or without', async () => {
  const at = await forgedBeginning();
  await expect(open(at)).rejects.toMatchObject({ code: 'ledger_cut' });
  for (const file of at.files) await rm(file);
  await expect(open(at)).rejects.toMatchObject({ code: 'ledger_cut' });
});

test('what waits while the file is put in its place is written before the ledger closes', async () => {
  const at = await place();
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const ledger = await open(at, {
    openFile: async (path) => {
      const file = await openAppendFile(path);
      if (!path.endsWith('.tmp')) return file;
      const sync = async (): Promise<void> => {
        reached.resolve();
        await goOn.promise;
        await file.sync();
      };
      return { ...file, sync };
    },
  });
  await append(ledger, 0, 10);
  const trimming = ledger.trim(request(5));
  await reached.promise;
  const waiting = append(ledger, 10, 3);
  const closing = ledger.close();
  goOn.resolve();
  await Promise.all([trimming, waiting, closing]);
  expect(await verify(at)).toMatchObject({ ok: true, removal: { through: 5 } });
  expect(await numbersIn(await open(at))).toEqual([0, ...range(6, 13)]);
});

test('a removal that cannot be signed for leaves nothing behind, however often it is tried', async () => {
  const at = await place();
  const ledger = await openUnsignable(at);
  await append(ledger, 0, 10);
  const bytes = ledger.bytes();
  await expect(ledger.trim(request(5))).rejects.toMatchObject({ code: 'trim_refused' });
  expect(ledger.bytes()).toBe(bytes);
  const unsigned = await openLedger({ path: join(await tempDir(), 'log.jsonl'), now: () => NOW });
  await append(unsigned, 0, 10);
  await expect(unsigned.trim(request(5))).rejects.toMatchObject({ code: 'trim_refused' });
  expect(unsigned.head().seq).toBe(9);
  await unsigned.close();
});
