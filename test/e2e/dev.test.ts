import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
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
