import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { CompanionFile } from '@aftertrace/schema';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { removeCompanionFile, writeCompanionFile } from './companion-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-companion-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const contentOf = (pid: number): CompanionFile => ({
  v: 1,
  pid,
  startedAt: '2026-01-01T00:00:00.000Z',
  dataDir: '/data',
  otlp: 'http://127.0.0.1:1',
  console: 'http://127.0.0.1:2',
  token: 't',
});
/** No process has this number on any system. */
const NOBODY = 2 ** 22 + 1;

test('a companion leaves a file that only its user can read, and takes it away again', async () => {
  const left = await writeCompanionFile(contentOf(process.pid));
  expect(left.kind).toBe('written');
  expect((await stat(left.file)).mode & 0o777).toBe(0o600);
  await removeCompanionFile(left.file);
  await expect(readFile(left.file)).rejects.toThrow(/ENOENT/);
});

test('the file of another companion that runs stays, whatever the second one does', async () => {
  const parent = contentOf(process.ppid);
  await writeCompanionFile(parent);
  const left = await writeCompanionFile(contentOf(process.pid));
  expect(left).toMatchObject({ kind: 'taken', by: { pid: process.ppid } });
  await removeCompanionFile(left.file);
  expect(JSON.parse(await readFile(left.file, 'utf8'))).toEqual(parent);
});

test('the file of one that is gone is replaced', async () => {
  await writeCompanionFile(contentOf(NOBODY));
  expect((await writeCompanionFile(contentOf(process.pid))).kind).toBe('written');
});
