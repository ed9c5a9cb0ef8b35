import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { companionFilePath } from '@aftertrace/schema/names';
import { expect, onTestFinished, test } from 'vitest';

import { findCompanion } from './companion-address.ts';

const file = {
  v: 1,
  pid: 1,
  startedAt: '2026-11-23T10:00:00.000Z',
  dataDir: '/data',
  otlp: 'http://127.0.0.1:4319/',
  console: 'http://127.0.0.1:4320',
  token: 'secret',
};

async function homeWith(content: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const path = companionFilePath({}, home);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return home;
}

test('the environment names it before the file does', async () => {
  const home = await homeWith(JSON.stringify(file));
  const env = { AFTERTRACE_COMPANION: 'http://companion:1/', AFTERTRACE_TOKEN: 't' };
  expect(findCompanion(env, home)).toEqual({
    console: 'http://companion:1',
    token: 't',
    otlp: undefined,
    tls: {},
    problems: [],
  });
  expect(findCompanion({}, home)).toEqual({
    console: 'http://127.0.0.1:4320',
    token: 'secret',
    otlp: 'http://127.0.0.1:4319',
    tls: {},
    problems: [],
  });
  expect(findCompanion({ AFTERTRACE_OTLP: 'http://o:2' }, home)?.otlp).toBe('http://o:2');
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"v":2}',
  JSON.stringify({ ...file, console: 'file:///etc' }),
  JSON.stringify({ ...file, token: 5 }),
])('a file that says %s is no companion', async (content) => {
  expect(findCompanion({}, await homeWith(content))).toBeUndefined();
});

test('an address that is none is none', () => {
  expect(findCompanion({ AFTERTRACE_COMPANION: 'ftp://x' }, '/nonexistent')).toBeUndefined();
});
