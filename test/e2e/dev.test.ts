import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import type { Running } from '@aftertrace-examples/first-flight/processes';
import { start } from '@aftertrace-examples/first-flight/processes';
import { STORY } from '@aftertrace-examples/first-flight/story';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = path.join(root, 'packages/cli/src/main.ts');
const app = path.join(root, 'examples/first-flight/src/app/support-agent.ts');
const modelServer = path.join(root, 'examples/first-flight/src/world/model-server.ts');

let dir: string;
let model: Running;
let modelUrl: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-dev-'));
  model = start({ name: 'model', args: [modelServer], env: {}, logDir: dir });
  modelUrl = await model.nextLine();
});
afterEach(async () => {
  await model.stop();
  await rm(dir, { recursive: true, force: true });
});

/** An application that tells of one call by itself, as an agent in another language does: no guard has judged it. */
const FOREIGN = `
const text = (key, stringValue) => ({ key, value: { stringValue } });
const at = String(Date.now()) + '000000';
const span = (spanId, more, attributes) => ({ traceId: 'a'.repeat(32), spanId, name: 'x',
  startTimeUnixNano: at, endTimeUnixNano: at, ...more, attributes });
const spans = [
  span('2'.repeat(16), { parentSpanId: '1'.repeat(16) }, [
    text('gen_ai.operation.name', 'execute_tool'), text('gen_ai.tool.name', 'refund'),
    text('gen_ai.tool.call.id', 'c1'), text('gen_ai.tool.call.result', '{"verdict":"REFUSED"}')]),
  span('1'.repeat(16), {}, [text('gen_ai.operation.name', 'invoke_agent'), text('gen_ai.agent.name', 'foreign')]),
];
const body = JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: { name: 'other' }, spans }] }] });
const headers = { 'content-type': 'application/json' };
fetch(process.env.AFTERTRACE_OTLP + '/v1/traces', { method: 'POST', headers, body })
  .then((response) => { process.exitCode = response.status === 200 ? 0 : 9; });
`;

/** What may be done with the token that an application is given. */
const TRYING = `
const { AFTERTRACE_COMPANION: url, AFTERTRACE_TOKEN: token } = process.env;
const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
const ask = async (method, path, body) =>
  console.log(method, path, (await fetch(url + '/control/v1/' + path, { method, headers, body })).status);
await ask('GET', 'state?agent=a&instance=i');
await ask('GET', 'containments');
await ask('POST', 'containments/x/release', '{}');
await ask('POST', 'policy', '{}');
await ask('POST', 'tokens', '{}');
`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command in a terminal of its own, with an input. */
function runIn(args: readonly string[], input: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@aftertrace/source', cli, ...args], {
      cwd: dir,
      env: {
        PATH: process.env['PATH'],
        HOME: dir,
        OPENAI_BASE_URL: modelUrl,
        NODE_NO_WARNINGS: '1',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

describe('aftertrace dev', () => {
  test('runs an application under it: what was attached, each finding, the lines; nothing is enforced', async () => {
    // A deletion that the demo's policy refuses, and a refund that fails silently.
    const told = STORY.filter(({ message }) => /Delete all|refund 20 for order 1100/.test(message));
    const input = told
      .map(({ ticket, message }) => `${JSON.stringify({ ticket, message })}\n`)
      .join('');
    const { code, stdout, stderr } = await runIn(['dev', '--', process.execPath, app], input);
    expect(stderr).toMatch(/ai 7\.\d+\.\d+\s+ESM\s+attached\s+.*executeToolCall/);
    expect(stderr).toMatch(/tool_failure in support-agent \/ refund: .*json\.success_false/);
    expect(stderr).toContain('nothing is enforced');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(2);
    const lines = await readLines(path.join(dir, '.aftertrace'));
    expect(lines.failure).toHaveLength(1);
    expect(lines.success).toHaveLength(1);
    const all = JSON.stringify(lines);
    expect(all).toContain('DELETE FROM orders');
    expect(all).not.toContain('customer1030@example.com');
  });

  test("gives the application's own exit code and says when no framework was loaded", async () => {
    const { code, stderr } = await runIn(
      ['dev', '--', process.execPath, '-e', 'process.exit(7)'],
      '',
    );
    expect(code).toBe(7);
    expect(stderr).toContain('no known agent framework');
  });

  test('gives the application a token with which it can be governed and nothing else, until it ends', async () => {
    const args = ['dev', '--', process.execPath, '--input-type=module', '-e', TRYING];
    const { code, stdout } = await runIn(args, '');
    expect(stdout.trim().split('\n')).toEqual([
      'GET state?agent=a&instance=i 200',
      'GET containments 403',
      'POST containments/x/release 403',
      'POST policy 403',
      'POST tokens 403',
    ]);
    expect(code).toBe(0);
    const tokens = JSON.parse(
      await readFile(path.join(dir, '.aftertrace', 'tokens.json'), 'utf8'),
    ) as {
      tokens: { role: string; revokedAt?: string }[];
    };
    expect(tokens.tokens).toMatchObject([
      { role: 'agent', revokedAt: expect.any(String) as unknown },
    ]);
  });

  test('records and judges as its flags and its configuration say, as serve does', async () => {
    const config = path.join(dir, 'aftertrace.yaml');
    await writeFile(config, 'data: elsewhere\nfiles:\n  hermes: true\nwebhooks: []\n');
    const profiles = path.join(dir, 'profiles.json');
    const failure = [{ pointer: '/verdict', equals: 'REFUSED' }];
    await writeFile(profiles, JSON.stringify([{ id: 'mine', tools: ['refund'], failure }]));
    const flags = ['--config', config, '--profiles', profiles, '--content', 'full'];
    const { code, stderr } = await runIn(
      ['dev', ...flags, '--', process.execPath, '-e', FOREIGN],
      '',
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const lines = await readLines(path.join(dir, 'elsewhere'));
    const all = JSON.stringify(lines);
    expect(all).toContain('"rule":"profile.failure"');
    expect(all).toContain('"content":"full"');
    expect(await readdir(path.join(dir, 'elsewhere', 'trajectories', 'hermes'))).toHaveLength(1);
  });

  test('says what is wrong with a configuration before it runs anything', async () => {
    const ran = path.join(dir, 'ran');
    const { code, stderr } = await runIn(
      [
        'dev',
        '--set',
        'files.hermes=perhaps',
        '--',
        process.execPath,
        '-e',
        `fs.writeFileSync(${JSON.stringify(ran)}, '')`,
      ],
      '',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('files.hermes');
    await expect(readFile(ran)).rejects.toThrow(/ENOENT/);
  });

  test('says what it cannot run', async () => {
    const { code, stderr } = await runIn(['dev', '--', './no-such-program'], '');
    expect(code).toBe(1);
    expect(stderr).toContain('cannot run ./no-such-program');
  });

  test('leaves the directory free for the next', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect(await runIn(['dev', '--', process.execPath, '-e', '0'], '')).toMatchObject({
        code: 0,
      });
    }
    await expect(readFile(path.join(dir, '.aftertrace', 'lock'))).rejects.toThrow(/ENOENT/);
  });
});
