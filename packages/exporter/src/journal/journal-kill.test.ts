import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJournal } from './journal.ts';

const CHILD = fileURLToPath(new URL('./testing/append-forever.ts', import.meta.url));

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'journal-kill-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** Lets a process append until it has acknowledged `count` records, kills it, and gives what it acknowledged. */
async function acknowledgedUntilKilled(
  count: number,
  args: readonly string[],
): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--conditions=@aftertrace/source', CHILD, dir, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length > count) child.kill('SIGKILL');
  });
  const signal = await new Promise((resolve) => {
    child.on('close', (_code, name) => resolve(name));
  });
  expect(signal).toBe('SIGKILL');
  // Only whole lines: the last may have been cut by the kill.
  return output.split('\n').slice(0, -1);
}

test.each([
  ['in the clear', undefined],
  ['encrypted', Buffer.alloc(32, 'key')],
])('after kill -9 under load every acknowledged record is there once, %s (30)', async (_, key) => {
  const keyArgs = key === undefined ? [] : [key.toString('hex')];
  const acknowledged: string[] = [];
  for (const [round, count] of [1, 40, 333, 700].entries()) {
    acknowledged.push(...(await acknowledgedUntilKilled(count, [`round${round}`, ...keyArgs])));
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(1 + 40 + 333 + 700);

  const journal = createJournal({ dir, ...(key === undefined ? {} : { encryption: { key } }) });
  const recovery = await journal.start();
  const found: string[] = [];
  for await (const { record } of journal.replay()) {
    found.push(Buffer.from(record.body).toString().split(' ', 1)[0] ?? '');
  }
  expect(recovery.damagedRanges).toBe(0);
  expect(found).toHaveLength(recovery.records);
  expect(new Set(found).size).toBe(found.length);
  const missing = acknowledged.filter((id) => !found.includes(id));
  expect(missing).toEqual([]);
});
