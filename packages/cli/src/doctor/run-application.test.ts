import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { runApplication } from './run-application.ts';

const LEAVES_ONE_BEHIND = `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const args = ['-e', 'setInterval(() => {}, 1000)'];
const left = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
writeFileSync(process.argv[1] + '.pid', String(left.pid));
process.exit(0);
`;

test('an application that leaves a process behind is not waited for longer than any other', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'aftertrace-doctor-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const entry = path.join(directory, 'app.mjs');
  await writeFile(entry, LEAVES_ONE_BEHIND);
  onTestFinished(async () => {
    process.kill(Number(await readFile(`${entry}.pid`, 'utf8')), 'SIGKILL');
  });
  const seen = await runApplication({ entry, timeoutMillis: 1000, env: process.env });
  expect(seen).toMatchObject({ code: 0, attachments: [] });
});
