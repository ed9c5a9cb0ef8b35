import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { writeCollectorConfig } from '../collector/write-config.ts';
import { ExitCode } from '../exit-code.ts';
import { run } from '../testing/run.ts';
import { initCollector } from './collector.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-collector-'));
  file = path.join(folder, 'collector.yaml');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('init writes what the flags say, and the result holds no trap', async () => {
  const flags = ['--kind', 'production', '--companion', 'http://companion:4319', '--redact'];
  expect(await run('collector', 'init', '-y', '--out', file, ...flags)).toMatchObject({
    code: ExitCode.OK,
  });
  expect(await readFile(file, 'utf8')).toBe(
    writeCollectorConfig({ kind: 'production', companion: 'http://companion:4319', redact: true }),
  );
  expect(await run('collector', 'check', file)).toMatchObject({
    code: ExitCode.OK,
    out: `${file}: no known trap`,
  });
});

test('init leaves a file that is there as it is, unless forced', async () => {
  await writeFile(file, 'mine');
  const refused = await run('collector', 'init', '-y', '--out', file);
  expect(refused).toMatchObject({ code: ExitCode.FAILED, err: expect.stringContaining('--force') });
  expect(await readFile(file, 'utf8')).toBe('mine');
  expect(await run('collector', 'init', '-y', '--force', '--out', file)).toMatchObject({ code: 0 });
  expect(await readFile(file, 'utf8')).toBe(writeCollectorConfig({}));
});

test('init prints the text, or all of it as JSON', async () => {
  const { out } = await run(
    'collector',
    'init',
    '-y',
    '--out',
    '-',
    '--traces',
    'http://tempo:4318',
  );
  expect(`${out}\n`).toBe(writeCollectorConfig({ traces: 'http://tempo:4318' }));
  const json = await run('collector', 'init', '--json', '--out', file);
  expect(JSON.parse(json.out)).toMatchObject({ file, answers: { kind: 'laptop' } });
});

test('init says which flag is wrong, with exit code 2, and writes nothing', async () => {
  const wrong = await run(
    'collector',
    'init',
    '-y',
    '--out',
    file,
    '--prometheus',
    'x',
    '--traces',
    'y',
  );
  expect(wrong.code).toBe(ExitCode.USAGE);
  expect(wrong.err).toContain('--prometheus: expected HOST:PORT');
  expect(wrong.err).toContain('--traces');
  await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  expect(await run('collector', 'init', '--kind', 'spaceship')).toMatchObject({ code: 2 });
});

test.each([
  ['--sampling', 'tail', '--traces'],
  ['--logs', 'http://loki:3100/otlp', '--judged'],
  ['--replicas', 'a', '--kind gateway'],
])(
  'init does not ignore %s, but says with exit code 2 what it needs',
  async (flag, value, needs) => {
    const { code, err } = await run('collector', 'init', '-y', '--out', file, flag, value);
    expect(code).toBe(ExitCode.USAGE);
    expect(err).toContain(`${flag}: `);
    expect(err).toContain(needs);
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  },
);

test('a person is asked for what no flag says, again where the answer is none', async () => {
  const typed = ['gateway', 'perhaps', 'yes', 'none', 'somewhere', '0.0.0.0:8889', 'yes'];
  const asked: string[] = [];
  const err: string[] = [];
  const code = await initCollector(
    {
      answers: { companion: 'http://c:4319' },
      out: file,
      force: false,
      json: false,
      ask: (question) => {
        asked.push(question);
        return Promise.resolve(typed.shift() ?? '');
      },
    },
    { out: () => undefined, err: (text) => err.push(text) },
  );
  expect(code).toBe(ExitCode.OK);
  expect(asked).toHaveLength(7);
  expect(err.join('\n')).toContain('HOST:PORT');
  expect(await readFile(file, 'utf8')).toBe(
    writeCollectorConfig({
      kind: 'gateway',
      companion: 'http://c:4319',
      token: true,
      prometheus: '0.0.0.0:8889',
      redact: true,
    }),
  );
});

test('a person is asked again at once where an answer does not go with those before', async () => {
  const typed = ['production', '', '', 'http://127.0.0.1:4318', 'none', 'localhost:13133', '', ''];
  const err: string[] = [];
  const asked: string[] = [];
  const code = await initCollector(
    {
      answers: {},
      out: file,
      force: false,
      json: false,
      ask: (question) => {
        asked.push(question);
        return Promise.resolve(typed.shift() ?? '');
      },
    },
    { out: () => undefined, err: (text) => err.push(text) },
  );
  expect(code).toBe(ExitCode.OK);
  expect(asked).toHaveLength(8);
  expect(err).toEqual([
    expect.stringContaining('send to itself'),
    expect.stringContaining('listens there already'),
  ]);
  expect(await readFile(file, 'utf8')).toBe(writeCollectorConfig({ kind: 'production' }));
});

test('check tells rule, line, reason and remedy, for people and as JSON, with exit code 1', async () => {
  const text = writeCollectorConfig({ kind: 'production' }).replace('fsync: true', 'fsync: false');
  await writeFile(file, text);
  const line = text.split('\n').findIndex((one) => one.includes('fsync: false')) + 1;
  const { code, out } = await run('collector', 'check', file);
  expect(code).toBe(ExitCode.FAILED);
  expect(out).toContain(`${file}:${line}: error storage-without-fsync`);
  expect(out).toMatch(/why .*\n +do /);
  expect(out).toContain('1 error, 0 warnings, 0 notes');
  const json = await run('collector', 'check', file, '--json');
  expect(json.code).toBe(ExitCode.FAILED);
  expect(JSON.parse(json.out)).toMatchObject({
    ok: false,
    findings: [{ rule: 'storage-without-fsync', line, severity: 'error', why: expect.any(String) }],
  });
});

test('check ends with 2 where there is nothing to check, and shows no control characters', async () => {
  expect(await run('collector', 'check', file)).toMatchObject({ code: ExitCode.USAGE });
  await writeFile(file, 'a: [');
  expect(await run('collector', 'check', file)).toMatchObject({
    code: ExitCode.USAGE,
    err: expect.stringContaining(`${file}:1`),
  });
  const name = '"otlphttp/companion\\e[2J"';
  await writeFile(
    file,
    `exporters: { ${name}: {} }\nservice: { pipelines: { traces: { exporters: [${name}] } } }`,
  );
  const { out } = await run('collector', 'check', file);
  expect(out).toContain('\\x1b[2J');
  expect(out).not.toContain('\u001b');
});
