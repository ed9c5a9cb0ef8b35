import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeAll, afterAll, describe, expect, test } from 'vitest';

import { checkFrameworks } from '../doctor/check-frameworks.ts';
import { checkNode } from '../doctor/check-installation.ts';
import type { Check } from '../doctor/check.ts';
import { installedPackages } from '../doctor/installed-packages.ts';
import { run } from '../testing/run.ts';

let root = '';
const FUNCTIONS = [
  'executeToolCall',
  'createTelemetryDispatcher',
  'generateText',
  'startStreamText',
];

async function install(name: string, manifest: object, source = ''): Promise<void> {
  const directory = join(root, 'node_modules', ...name.split('/'));
  await mkdir(join(directory, 'dist'), { recursive: true });
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({ name, type: 'module', main: 'dist/index.js', ...manifest }),
  );
  await writeFile(join(directory, 'dist', 'index.js'), source);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  const declared = FUNCTIONS.map((name) => `export function ${name}() {}`).join('\n');
  await install('ai', { version: '7.9.9', dependencies: { openai: '1', gone: '1' } }, declared);
  await install('openai', { version: '99.0.0' }, 'export default 1;\n');
  await install('@anthropic-ai/sdk', { version: '1.0.0' });
  await install('@arizeai/openinference-instrumentation-openai', { version: '4.2.7' });
  await install('@opentelemetry/api', { version: '1.9.1' });
  await install('ai/node_modules/@opentelemetry/api', { version: '1.10.0' });
  await install('not-needed', { version: '1.0.0' });
  const needs = ['ai', '@arizeai/openinference-instrumentation-openai', '@opentelemetry/api'];
  const dependencies = Object.fromEntries(needs.map((name) => [name, '*']));
  const devDependencies = { '@anthropic-ai/sdk': '*', '../../etc': '*' };
  await writeFile(join(root, 'package.json'), JSON.stringify({ dependencies, devDependencies }));
  await writeFile(
    join(root, 'node_modules', 'ai', 'package.json'),
    JSON.stringify({
      name: 'ai',
      version: '7.9.9',
      type: 'module',
      main: 'dist/index.js',
      dependencies: { openai: '1', gone: '1', '@opentelemetry/api': '1' },
    }),
  );
  await writeFile(join(root, 'app.mjs'), "import 'ai';\nsetInterval(() => {}, 1000);\n");
  await writeFile(join(root, 'both.mjs'), "import 'ai';\nimport 'openai';\nprocess.exit(3);\n");
});
afterAll(() => rm(root, { recursive: true }));

interface Told {
  readonly code: number;
  readonly of: (subject: string) => Check | undefined;
}

async function ask(...args: readonly string[]): Promise<Told> {
  const { code, out } = await run('doctor', '--json', ...args);
  const { checks } = JSON.parse(out) as { readonly checks: readonly Check[] };
  return { code, of: (subject) => checks.find((check) => check.subject === subject) };
}

describe('aftertrace doctor --app', () => {
  test('says what is attached in an application that runs on, and what it has not loaded', async () => {
    const { code, of } = await ask('--app', join(root, 'app.mjs'), '--wait', '3s');
    expect(of('ai 7.9.9')).toMatchObject({
      status: 'ok',
      finding: `attached (ESM): ${FUNCTIONS.join(', ')}`,
    });
    expect(of('@anthropic-ai/sdk 1.0.0')).toMatchObject({ status: 'note' });
    expect(of('openai 99.0.0')).toMatchObject({ status: 'problem' });
    expect(code).toBe(1);
  });

  test('says what was loaded and not attached to, and how it ended', async () => {
    const { of } = await ask('--app', join(root, 'both.mjs'));
    expect(of('openai 99.0.0')).toMatchObject({
      status: 'problem',
      finding: expect.stringMatching(/^unenforced: it was loaded and not attached to/) as unknown,
    });
    expect(of('application')?.finding).toMatch(/^ended with exit code 3/);
  });

  test('says who else records, which copies do not know of each other, and that nobody governs', async () => {
    const { of } = await ask('--app', join(root, 'both.mjs'));
    expect(of('@arizeai/openinference-instrumentation-openai 4.2.7')?.topic).toBe('doubled');
    expect(of('@opentelemetry/api 1.10.0, 1.9.1')?.status).toBe('problem');
    expect(of('companion')?.finding).toMatch(/^no companion found/);
  });

  test('is for people too, and refuses what is no file', async () => {
    const { code, out, err } = await run('doctor', '--app', join(root, 'both.mjs'));
    expect(code).toBe(1);
    expect(out).toMatch(/^PROBLEM\s+openai 99\.0\.0\s+unenforced/m);
    expect(err).toMatch(/^\d to look at$/);
    expect((await run('doctor', '--app', join(root, 'none.mjs'))).code).toBe(2);
  });
});

describe('what is installed', () => {
  test('is found as Node finds it, and nothing that is not needed, or no name', async () => {
    const found = await installedPackages(join(root, 'node_modules', '..'));
    expect(found.map(({ name, version }) => `${name} ${version}`)).toEqual([
      '@anthropic-ai/sdk 1.0.0',
      '@arizeai/openinference-instrumentation-openai 4.2.7',
      '@opentelemetry/api 1.10.0',
      '@opentelemetry/api 1.9.1',
      'ai 7.9.9',
      'openai 99.0.0',
    ]);
  });

  test('will be attached to or not, by its version', () => {
    const framework = {
      package: 'ai',
      versions: '>=7.0.0 <8.0.0',
      isSupported: (version: string) => version.startsWith('7.'),
    };
    const installed = ['7.1.0', '8.0.0'].map((version) => ({ name: 'ai', version, directory: '' }));
    const checks = checkFrameworks({ supported: [framework], installed, seen: undefined });
    expect(checks.map(({ subject, status }) => [subject, status])).toEqual([
      ['ai 7.1.0', 'ok'],
      ['ai 8.0.0', 'problem'],
    ]);
    const none = checkFrameworks({ supported: [framework], installed: [], seen: undefined });
    expect(none).toMatchObject([{ status: 'note', subject: 'frameworks' }]);
  });
});

test.each([
  ['20.20.2', 'problem'],
  ['22.15.0', 'note'],
  ['24.21.0', 'ok'],
])('Node %s: %s', (version, status) => {
  expect(checkNode(version).status).toBe(status);
});
