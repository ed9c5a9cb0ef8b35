import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { checkEvidence } from './check-evidence.ts';

async function home(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-doctor-'));
  onTestFinished(async () => rm(dir, { recursive: true, force: true }));
  const place = path.join(dir, '.local/state/aftertrace/evidence/one');
  await mkdir(place, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(place, name), text);
  return dir;
}

test('evidence that was refused is counted; what only waits is not', async () => {
  const dir = await home({
    'i-1.0.aaaaaaaaaaaa.refused.jsonl': '{"v":1}\n{"seq":1}\n{"seq":2}\n',
    'i-2.7.aaaaaaaaaaaa.refused.jsonl': '{"v":1}\n{"seq":1}\n',
    'i-3.7.aaaaaaaaaaaa.jsonl': '{"v":1}\n{"seq":1}\n',
  });
  const checks = await checkEvidence({}, dir);
  expect(checks).toMatchObject([{ status: 'problem', subject: 'evidence' }]);
  expect(checks[0]?.finding).toMatch(/^3 records in 2 files /);
  const spool = path.join(dir, '.local/state/aftertrace/evidence');
  expect(await checkEvidence({ AFTERTRACE_SPOOL: spool }, dir)).toHaveLength(1);
  expect(await checkEvidence({ AFTERTRACE_SPOOL: 'off' }, dir)).toEqual([]);
});

test('where nothing was refused there is nothing to say', async () => {
  expect(await checkEvidence({}, await home({}))).toEqual([]);
  expect(await checkEvidence({}, path.join(tmpdir(), 'no-such-home'))).toEqual([]);
});
