import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ExitCode } from '../exit-code.ts';
import { run } from '../testing/run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-config-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function file(text: string): Promise<string> {
  const name = path.join(folder, 'aftertrace.yaml');
  await writeFile(name, text);
  return name;
}

test('config check says that a file holds, and with exit code 1 what does not', async () => {
  const name = await file('content: none\n');
  expect(await run('config', 'check', name)).toMatchObject({ code: ExitCode.OK });
  await file('content: none\nfiles:\n  hermes: 3\n  colour: red\n');
  const { code, err } = await run('config', 'check', name);
  expect(code).toBe(ExitCode.FAILED);
  expect(err.split('\n')).toHaveLength(2);
  expect(err).toContain(`${name}:4:3: files.colour`);
  const json = await run('config', 'check', name, '--json');
  expect(json.code).toBe(ExitCode.FAILED);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, problems: [{}, {}] });
});

test('config check says which file it cannot read', async () => {
  const { code, err } = await run('config', 'check', path.join(folder, 'none.yaml'));
  expect(code).toBe(ExitCode.FAILED);
  expect(err).toContain('none.yaml');
});

test('config show prints what is in force, without secrets', async () => {
  const name = await file('emit: { otlp: { endpoint: "http://a:1", headers: { k: s3cret } } }\n');
  vi.stubEnv('AFTERTRACE_CONFIG', name);
  vi.stubEnv('AFTERTRACE_SET_CHECK_INTERVAL_MILLIS', '99');
  const { code, out } = await run('config', 'show', '--set', 'content=none');
  expect(code).toBe(ExitCode.OK);
  expect(out).toContain('checkIntervalMillis: 99');
  expect(out).toContain('content: none');
  expect(out).toContain('k: "[REDACTED]"');
  expect(out).not.toContain('s3cret');
});

test('serve does not start with a configuration that does not hold, and says all that is wrong', async () => {
  const name = await file('data: 3\nnope: 1\n');
  const { code, err } = await run('serve', '--config', name);
  expect(code).toBe(ExitCode.FAILED);
  expect(err).toContain(':1:1: data');
  expect(err).toContain(':2:1: nope');
  expect(await run('serve', '--set', 'hermes')).toMatchObject({ code: ExitCode.USAGE });
});
