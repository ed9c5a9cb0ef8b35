import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { runApp, type AppResult } from './testing/run-app.ts';

/** Loads a package that calls itself `ai`, from a `node_modules` of its own. */
async function loadFake(
  manifest: object,
  source: string,
  how: 'import' | 'require' = 'import',
): Promise<AppResult & { readonly lines: readonly Record<string, unknown>[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const root = join(directory, 'node_modules', 'ai');
  await mkdir(join(root, 'dist'), { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'ai', ...manifest }));
  await writeFile(join(root, 'dist', 'index.js'), source);
  const file = join(directory, 'attachments.jsonl');
  const url = pathToFileURL(join(root, 'dist', 'index.js')).href;
  const env = { AFTERTRACE_ATTACHMENTS: file, AFTERTRACE_OTLP: 'http://127.0.0.1:9' };
  const result = await runApp({ app: 'load.ts', args: [url, how], env });
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return { ...result, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const FUNCTIONS = [
  'executeToolCall',
  'createTelemetryDispatcher',
  'generateText',
  'startStreamText',
];
const declarations = FUNCTIONS.map((name) => `export function ${name}() { return '${name}'; }`);
const esm = `${declarations.join('\n')}\n`;

test('a framework that is known is attached, in the process and in the file', async () => {
  const { code, stdout, stderr, lines } = await loadFake({ version: '7.9.9', type: 'module' }, esm);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const attached = {
    name: 'ai',
    version: '7.9.9',
    format: 'module',
    status: 'attached',
    symbols: FUNCTIONS,
  };
  expect(JSON.parse(stdout)).toEqual([attached]);
  expect(lines).toMatchObject([{ ...attached, pid: expect.any(Number) as unknown }]);
});

test('CommonJS is attached too', async () => {
  const source = `${FUNCTIONS.map((name) => `exports.${name} = ${name};\nfunction ${name}() {}`).join('\n')}\n`;
  const { code, stdout } = await loadFake({ version: '7.9.0', type: 'commonjs' }, source);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([{ format: 'commonjs', status: 'attached' }]);
});

test.each([
  [
    'a major that was not tried',
    { version: '99.0.0', type: 'module' },
    esm,
    /99\.0\.0 .*supported versions are >=5\.0\.0 <8\.0\.0\./,
  ],
  [
    'a function that is gone',
    { version: '7.9.0', type: 'module' },
    'export const generateText = 1;\n',
    /no executeToolCall, .* in it/,
  ],
  ['no version', { type: 'module' }, esm, /unknown/],
])(
  'with %s it loads untouched, and that is said once',
  async (_name, manifest, source, message) => {
    const { code, stdout, stderr, lines } = await loadFake(manifest, source);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ status: 'unattached', symbols: [] }]);
    expect(lines).toMatchObject([{ status: 'unattached', reason: expect.any(String) as unknown }]);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(message) as unknown]);
  },
);

test('CommonJS whose package does not say that it is, is attached where it is required', async () => {
  const source = `${FUNCTIONS.map((name) => `exports.${name} = ${name};\nfunction ${name}() {}`).join('\n')}\n`;
  const { code, stdout } = await loadFake({ version: '7.9.0' }, source, 'require');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([{ format: 'commonjs', status: 'attached' }]);
});

test('the real AI SDK is attached', async () => {
  const env = { AFTERTRACE_OTLP: 'http://127.0.0.1:9' };
  const { stdout } = await runApp({ app: 'load.ts', args: ['ai'], env });
  expect(JSON.parse(stdout)).toMatchObject([
    { name: 'ai', status: 'attached', symbols: FUNCTIONS },
  ]);
});
