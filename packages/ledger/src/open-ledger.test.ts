import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson, sha256Hex, type LedgerEntry } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { openAppendFile, type AppendFile } from './append-file.ts';
import { openLedger, type Ledger, type LedgerOptions } from './open-ledger.ts';
import { GENESIS_HASH } from './seal-entry.ts';
import { input, NOW } from './testing/inputs.ts';
import { tempDir } from './testing/temp-dir.ts';
import { verifyLedger } from './verify-ledger.ts';

async function open(
  options: Partial<LedgerOptions> = {},
): Promise<{ ledger: Ledger; path: string }> {
  const path = options.path ?? join(await tempDir(), 'deep', 'audit.jsonl');
  return { ledger: await openLedger({ now: () => NOW, ...options, path }), path };
}

async function linesOf(path: string): Promise<readonly LedgerEntry[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LedgerEntry);
}

async function collect(entries: AsyncIterable<LedgerEntry>): Promise<readonly LedgerEntry[]> {
  const all: LedgerEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

test('each line is the canonical form of its entry, and its hash is over the same without the hash', async () => {
  const { ledger, path } = await open();
  await ledger.append(
    input(1, { text: 'ünïcode \u2028 "quoted"', z: 1, a: [1.5, null], skip: undefined }),
  );
  await ledger.close();
  const [line = ''] = (await readFile(path, 'utf8')).split('\n');
  const { hash, ...rest } = JSON.parse(line) as LedgerEntry;
  expect(canonicalJson({ ...rest, hash })).toBe(line);
  expect(sha256Hex(canonicalJson(rest))).toBe(hash);
  expect(rest.prevHash).toBe(GENESIS_HASH);
});

test('appends made at the same time keep their order and form one chain', async () => {
  const seen: number[] = [];
  const { ledger, path } = await open({ onEntry: (entry) => seen.push(entry.seq) });
  const entries = await Promise.all(Array.from({ length: 500 }, (_, n) => ledger.append(input(n))));
  expect(entries.map((entry) => [entry.seq, entry.data['n']])).toEqual(
    Array.from({ length: 500 }, (_, n) => [n, n]),
  );
  expect(seen).toEqual(entries.map((entry) => entry.seq));
  expect(await verifyLedger(path)).toMatchObject({ ok: true, entries: 500, head: ledger.head() });
  await ledger.close();
});

test('an entry is acknowledged only after the disk was synced', async () => {
  const calls: string[] = [];
  const { ledger } = await open({
    openFile: async (path) => {
      const file = await openAppendFile(path);
      return {
        ...file,
        append: async (text) => {
          calls.push(`append ${text.split('\n').length - 1}`);
          await file.append(text);
        },
        sync: async () => {
          await file.sync();
          calls.push('sync');
        },
      };
    },
  });
  await Promise.all(
    [1, 2, 3].map(async (n) => ledger.append(input(n)).then(() => calls.push(`ack ${n}`))),
  );
  expect(calls).toEqual(['append 3', 'sync', 'ack 1', 'ack 2', 'ack 3']);
  await ledger.close();
});

test('what the caller changes after append is not what is sealed', async () => {
  const { ledger } = await open();
  const data = { n: 1, verdict: 'block' };
  const sealed = ledger.append({ ...input(1), data });
  data.verdict = 'allow';
  expect((await sealed).data).toEqual({ n: 1, verdict: 'block' });
  await ledger.close();
});

test('the file can be read by its own user only, also when it could be read by all', async () => {
  const { ledger, path } = await open();
  await ledger.close();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a reopened ledger goes on where it ended', async () => {
  const { ledger, path } = await open();
  await ledger.append(input(1));
  await ledger.close();
  const again = await open({ path });
  const next = await again.ledger.append(input(2));
  expect(next.seq).toBe(1);
  expect(await verifyLedger(path)).toMatchObject({ ok: true, entries: 2 });
  await again.ledger.close();
});

test('entries are filtered by type and sequence, and end where the ledger ended when they were asked for', async () => {
  const { ledger } = await open();
  await Promise.all(
    [0, 1, 2, 3].map((n) =>
      ledger.append({ ...input(n), type: n % 2 === 0 ? 'decision' : 'override' }),
    ),
  );
  const all = ledger.entries();
  await ledger.append(input(4));
  expect(await collect(all)).toHaveLength(4);
  const some = await collect(ledger.entries({ types: ['decision'], fromSeq: 1 }));
  expect(some.map((entry) => entry.seq)).toEqual([2, 4]);
  await ledger.close();
});

test.each([1, 40, 400])(
  'a last line that lost its last %i bytes is cut, and the cut is noted',
  async (lost) => {
    const { ledger, path } = await open();
    await ledger.append(input(1));
    await ledger.append(input(2, { padding: 'x'.repeat(400) }));
    await ledger.close();
    await truncate(path, (await stat(path)).size - 1 - lost);
    const again = await open({ path });
    const entries = await linesOf(path);
    expect(entries.map((entry) => [entry.seq, entry.type])).toEqual([
      [0, 'decision'],
      [1, 'ledger.opened'],
    ]);
    expect(entries[1]?.data).toMatchObject({ repaired: 'cut' });
    expect(await verifyLedger(path)).toMatchObject({ ok: true });
    await again.ledger.close();
  },
);

test('a last line that lacks only its line feed is kept', async () => {
  const { ledger, path } = await open();
  await ledger.append(input(1));
  await ledger.append(input(2));
  await ledger.close();
  await truncate(path, (await stat(path)).size - 1);
  const again = await open({ path });
  const entries = await linesOf(path);
  expect(entries.map((entry) => entry.data['n'] ?? entry.data['repaired'])).toEqual([
    1,
    2,
    'completed',
  ]);
  await again.ledger.close();
});

test.each<[string, (lines: string[]) => string[]]>([
  ['a changed field', (lines) => lines.map((line) => line.replace('"n":2', '"n":9'))],
  ['a removed line', (lines) => lines.filter((_, index) => index !== 1)],
  ['a foreign line', (lines) => [...lines, '{"hello":"world"}']],
])('%s is refused at open, says where, and nothing is written', async (_name, change) => {
  const { ledger, path } = await open();
  for (const n of [1, 2, 3]) await ledger.append(input(n));
  await ledger.close();
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  const broken = `${change(lines).join('\n')}\n`;
  await writeFile(path, broken);
  await expect(open({ path })).rejects.toMatchObject({
    code: 'ledger_broken',
    message: expect.stringMatching(/audit\.jsonl.*line \d/) as unknown,
  });
  expect(await readFile(path, 'utf8')).toBe(broken);
});

/** A disk with room for so many bytes, that writes what fits and then fails, as a full one does. */
function smallDisk(room: { bytes: number }): (path: string) => Promise<AppendFile> {
  return async (path) => {
    const file = await openAppendFile(path);
    return {
      ...file,
      append: async (text) => {
        const fits = Buffer.from(text).subarray(0, Math.max(0, room.bytes));
        room.bytes -= Buffer.byteLength(text);
        await file.append(fits.toString('utf8'));
        if (room.bytes < 0)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
    };
  };
}

test('a full disk rejects the append, and once there is room the chain goes on without a gap', async () => {
  const room = { bytes: 1000 };
  const { ledger, path } = await open({ openFile: smallDisk(room) });
  await ledger.append(input(1));
  await ledger.append(input(2));
  const failed = await Promise.allSettled([3, 4].map((n) => ledger.append(input(n))));
  expect(failed.map((result) => result.status)).toEqual(['rejected', 'rejected']);
  expect(failed[0]).toMatchObject({ reason: { code: 'ledger_write_failed' } });
  expect(await verifyLedger(path)).toMatchObject({ ok: true, entries: 2 });
  room.bytes = 10_000;
  await ledger.append(input(5));
  expect((await linesOf(path)).map((entry) => entry.data['n'])).toEqual([1, 2, 5]);
  expect(await verifyLedger(path)).toMatchObject({ ok: true, head: ledger.head() });
  await ledger.close();
});

test('what a failed sync left behind is cut before the next write, even if the first cut failed too', async () => {
  const failing = { sync: false, truncate: false };
  const { ledger, path } = await open({
    openFile: async (path) => {
      const file = await openAppendFile(path);
      const fail = (what: keyof typeof failing): void => {
        if (failing[what]) throw new Error('EIO: i/o error');
      };
      return {
        ...file,
        sync: async () => {
          fail('sync');
          await file.sync();
        },
        truncate: async (size) => {
          fail('truncate');
          await file.truncate(size);
        },
      };
    },
  });
  await ledger.append(input(1));
  Object.assign(failing, { sync: true, truncate: true });
  await expect(ledger.append(input(2))).rejects.toMatchObject({ code: 'ledger_write_failed' });
  await expect(ledger.append(input(3))).rejects.toMatchObject({ code: 'ledger_write_failed' });
  Object.assign(failing, { sync: false, truncate: false });
  await ledger.append(input(4));
  expect((await linesOf(path)).map((entry) => entry.data['n'])).toEqual([1, 4]);
  expect(await verifyLedger(path)).toMatchObject({ ok: true });
  await ledger.close();
});

test('a file that something else wrote to is not written to', async () => {
  const { ledger, path } = await open();
  await ledger.append(input(1));
  await appendFile(path, 'intruder\n');
  await expect(ledger.append(input(2))).rejects.toMatchObject({ code: 'ledger_changed' });
  expect(await readFile(path, 'utf8')).toMatch(/intruder\n$/);
  await ledger.close();
});

test('what has no place in the ledger is rejected and the rest goes on', async () => {
  const { ledger } = await open({ maxPendingBytes: 1000 });
  const bad = [
    { ...input(1), at: 'yesterday' },
    { ...input(1), data: { lone: '\ud800' } },
    { ...input(1), data: { notANumber: Number.NaN } },
  ];
  for (const entry of bad) {
    await expect(ledger.append(entry)).rejects.toMatchObject({ code: 'entry_invalid' });
  }
  await expect(ledger.append(input(1, { big: 'x'.repeat(1000) }))).rejects.toMatchObject({
    code: 'ledger_overloaded',
  });
  expect((await ledger.append(input(2))).seq).toBe(0);
  await ledger.close();
});

test('close writes what waits, and later appends are refused', async () => {
  const { ledger, path } = await open();
  const last = ledger.append(input(1));
  await ledger.close();
  await ledger.close();
  expect((await last).seq).toBe(0);
  await expect(ledger.append(input(2))).rejects.toMatchObject({ code: 'ledger_closed' });
  expect(await linesOf(path)).toHaveLength(1);
});

test('an onEntry that throws does not lose the entry', async () => {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', listen);
  const { ledger } = await open({
    onEntry: () => {
      throw new Error('reader is broken');
    },
  });
  expect((await ledger.append(input(1))).seq).toBe(0);
  expect((await ledger.append(input(2))).seq).toBe(1);
  await ledger.close();
  process.off('warning', listen);
  expect(warnings).toEqual([expect.stringContaining('reader is broken')]);
});
