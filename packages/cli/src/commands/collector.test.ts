import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { CollectorAnswers, type CollectorAnswersInput } from '../collector/collector-answers.ts';
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
  ['--cert-file', '/own.crt', 'https'],
  ['--key-file', '/own.key', 'https'],
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

/** Answers by the word that a question is known by; further ones by an empty line. */
async function answering(
  answers: CollectorAnswersInput,
  typed: readonly (readonly [RegExp, ...string[]])[],
): Promise<{ readonly asked: readonly string[]; readonly err: readonly string[] }> {
  const asked: string[] = [];
  const err: string[] = [];
  const left = typed.map(([about, ...lines]) => ({ about, lines: [...lines] }));
  const ask = (question: string): Promise<string> => {
    asked.push(question);
    const lines = left.find(({ about }) => about.test(question))?.lines;
    return Promise.resolve(lines?.shift() ?? '');
  };
  const code = await initCollector(
    { answers, out: file, force: false, json: false, ask },
    { out: () => undefined, err: (text) => err.push(text) },
  );
  expect(code).toBe(ExitCode.OK);
  expect(left.filter(({ lines }) => lines.length > 0)).toEqual([]);
  return { asked, err };
}

test('a person is asked for what no flag says, again where the answer is none', async () => {
  const { asked, err } = await answering({ companion: 'http://c:4319' }, [
    [/How is the Collector run/, 'a lot', 'gateway'],
    [/instances/, 'a:4318', 'a b:9'],
    [/ask for a token/, 'perhaps', 'yes'],
    [/Jaeger/, 'http://jaeger:4318'],
    [/Which traces/, 'some', 'tail'],
    [/Prometheus/, 'somewhere', '0.0.0.0:8889'],
    [/what the companion judged/, '127.0.0.1:4318', '127.0.0.1:14319'],
    [/as logs/, 'http://loki:3100/otlp'],
    [/Mask/, 'yes'],
  ]);
  expect(asked).toHaveLength(15);
  expect(err.join('\n')).toContain('HOST:PORT');
  expect(err.join('\n')).toContain('4317 and 4318 take in what agents send');
  expect(await readFile(file, 'utf8')).toBe(
    writeCollectorConfig({
      kind: 'gateway',
      replicas: ['a', 'b:9'],
      companion: 'http://c:4319',
      token: true,
      traces: 'http://jaeger:4318',
      sampling: 'tail',
      prometheus: '0.0.0.0:8889',
      judged: '127.0.0.1:14319',
      logs: 'http://loki:3100/otlp',
      redact: true,
    }),
  );
});

test('of certificates a person is asked where the address has TLS', async () => {
  const files = { caFile: '/etc/ca.crt', certFile: '/etc/own.crt', keyFile: '/etc/own.key' };
  const { err } = await answering({}, [
    [/Where does the companion/, 'https://companion.example:4319'],
    [/checked against/, files.caFile],
    [/does the Collector show/, files.certFile],
    // It does not go without.
    [/private key/, '', files.keyFile],
  ]);
  expect(err).toEqual([expect.stringContaining('the private key')]);
  expect(await readFile(file, 'utf8')).toBe(
    writeCollectorConfig({ companion: 'https://companion.example:4319', ...files }),
  );
});

test('nothing is asked that nothing would follow from', async () => {
  const { asked } = await answering({}, []);
  expect(asked.join('\n')).not.toMatch(
    /instances|checked against|private key|Which traces|as logs/,
  );
  expect(asked).toHaveLength(7);
  expect(await readFile(file, 'utf8')).toBe(writeCollectorConfig({}));
});

test('every answer that there is a flag for is asked for too', async () => {
  const { out } = await run('collector', 'init', '--help');
  const flags = [...out.matchAll(/^ +(?:-\w, )?--(?!no-)([a-z-]+)/gm)].map(([, flag = '']) => flag);
  const notAsked = new Set(['out', 'force', 'yes', 'json', 'help']);
  const fields = Object.keys(CollectorAnswers.shape).map((field) =>
    field.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`),
  );
  expect(flags.filter((flag) => !notAsked.has(flag)).toSorted()).toEqual(fields.toSorted());
  const all = await answering({}, [
    [/How is the Collector run/, 'gateway'],
    [/Where does the companion/, 'https://companion.example:4319'],
    [/does the Collector show/, '/own.crt'],
    [/private key/, '/own.key'],
    [/Jaeger/, 'http://jaeger:4318'],
    [/what the companion judged/, '127.0.0.1:14319'],
  ]);
  expect(all.asked).toHaveLength(fields.length);
});

test('a person is asked again at once where an answer does not go with those before', async () => {
  const { asked, err } = await answering({}, [
    [/How is the Collector run/, 'production'],
    [/Jaeger/, 'http://127.0.0.1:4318', 'none'],
    [/Prometheus/, 'localhost:13133', 'none'],
  ]);
  expect(asked).toHaveLength(9);
  expect(err).toEqual([
    expect.stringContaining('send to itself'),
    expect.stringContaining('listens there already'),
  ]);
  expect(await readFile(file, 'utf8')).toBe(writeCollectorConfig({ kind: 'production' }));
});

test.each([
  ['http://companion:4319', true],
  ['http://10.0.0.7:4319', true],
  ['https://companion:4319', false],
  ['http://127.0.0.1:4319', false],
  ['http://localhost:4319', false],
])('a token to %s: is it warned of? %j', async (companion, isWarned) => {
  const flags = ['--token', '--companion', companion];
  const { code, err } = await run('collector', 'init', '-y', '--out', file, ...flags);
  expect(code).toBe(ExitCode.OK);
  expect(err.includes('without TLS')).toBe(isWarned);
  expect((await readFile(file, 'utf8')).includes('WARNING: without TLS')).toBe(isWarned);
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
