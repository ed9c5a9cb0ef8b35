import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const REGISTER = new URL('./register.ts', import.meta.url).href;

/** Imported before `register`: keeps what is loaded of us, of OpenTelemetry and of Node where that is large. */
const WATCH = `
import { registerHooks } from 'node:module';
const seen = /\\/(instrumentation|detection|policy)\\/src\\/(.*)\\.ts$|(@opentelemetry\\/api)\\/|^(node:(?:https?|crypto|tls))$/;
const loaded = new Set();
registerHooks({
  load: (url, context, next) => {
    const found = seen.exec(url)?.slice(1).filter((part) => part !== undefined);
    if (found !== undefined) loaded.add(found.join(' '));
    return next(url, context);
  },
});
globalThis.loaded = () => [...loaded];
`;

/** Of a framework, as far as the hook looks: the tool of its server pays. */
const CLIENT = `
export class Client {
  async callTool(params) { return { content: [{ type: 'text', text: 'paid ' + params.arguments.sum }] }; }
  async listTools() { return { tools: [] }; }
}
`;

const APP = `
import { Client } from '@modelcontextprotocol/sdk/dist/esm/client/index.js';
const atStart = loaded();
const result = await new Client().callTool({ name: 'refund', arguments: { sum: 5 } });
process.stdout.write(JSON.stringify({ atStart, result, atEnd: loaded() }));
`;

const POLICY = {
  name: 'no-refunds',
  revision: 1,
  rules: [{ id: 'no-refunds', match: { tool: 'refund' }, verdict: 'block', mode: 'enforce' }],
};

interface Told {
  readonly atStart: readonly string[];
  readonly atEnd: readonly string[];
  readonly result: { readonly isError?: boolean; readonly content: readonly { text: string }[] };
}

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aftertrace-register-'));
  const root = join(directory, 'node_modules/@modelcontextprotocol/sdk');
  await mkdir(join(root, 'dist/esm/client'), { recursive: true });
  const manifest = { name: '@modelcontextprotocol/sdk', version: '1.20.0', type: 'module' };
  await Promise.all([
    writeFile(join(root, 'package.json'), JSON.stringify(manifest)),
    writeFile(join(root, 'dist/esm/client/index.js'), CLIENT),
    writeFile(join(directory, 'watch.mjs'), WATCH),
    writeFile(join(directory, 'app.mjs'), APP),
    writeFile(join(directory, 'policy.json'), JSON.stringify(POLICY)),
  ]);
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs the application, whose first act is a tool call. */
async function run(env: Readonly<Record<string, string>> = {}): Promise<Told> {
  const args = ['--conditions=@aftertrace/source', '--no-warnings'];
  const imports = ['./watch.mjs', REGISTER].map((name) => `--import=${name}`);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...args, ...imports, 'app.mjs'],
    { cwd: directory, env: { PATH: process.env['PATH'], HOME: directory, ...env } },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Told;
}

describe('--import …/register', () => {
  test('loads next to nothing at start where nobody governs the process, and what a call takes when one is made', async () => {
    const { atStart, atEnd, result } = await run();
    expect(result.content[0]?.text).toBe('paid 5');
    const isLate =
      /^@opentelemetry|^node:|^detection|^policy| (?:guard|control|model|spans)\/|adapter$/;
    // What the settings are read with is small.
    const early = /control\/on-|spans\/content/;
    expect(atStart.filter((name) => isLate.test(name) && !early.test(name))).toEqual([]);
    expect(atStart).toContain('instrumentation frameworks/mcp/targets');
    expect(atEnd.filter((name) => name.endsWith('adapter'))).toEqual([
      'instrumentation frameworks/mcp/adapter',
    ]);
    expect(atEnd).toContain('instrumentation guard/guard');
  });

  test('judges the very first call by the policy that is set', async () => {
    const { atStart, result } = await run({
      AFTERTRACE_POLICY: join(directory, 'policy.json'),
    });
    expect(atStart).toContain('instrumentation guard/guard');
    expect(result).toMatchObject({ isError: true });
    expect(result.content[0]?.text).not.toContain('paid');
  });

  test('is ready before the first call where only the file of a companion lies', async () => {
    const state = join(directory, '.local/state/aftertrace');
    await mkdir(state, { recursive: true });
    await writeFile(join(state, 'companion.json'), '{}');
    const { atStart } = await run();
    await rm(state, { recursive: true });
    expect(atStart).toContain('instrumentation guard/guard');
  });
});
