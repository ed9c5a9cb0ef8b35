/** A loop of one's own around the responses API, streamed: looks after a server by shell commands. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import OpenAI from 'openai';
import type { ResponseInput, Tool } from 'openai/resources/responses/responses';

const client = new OpenAI();
const directory = mkdtempSync(path.join(tmpdir(), 'ops-'));
writeFileSync(path.join(directory, 'app.log'), 'started\nlistening\n');
writeFileSync(path.join(directory, 'cache.tmp'), 'x'.repeat(1000));

const tools: Tool[] = [
  {
    type: 'function',
    name: 'run_command',
    description: 'Run a program in the directory of the application.',
    strict: true,
    parameters: {
      type: 'object',
      properties: { command: { type: 'array', items: { type: 'string' } } },
      required: ['command'],
      additionalProperties: false,
    },
  },
];

function runCommand({ command: [program = '', ...args] }: { command: string[] }): object {
  try {
    const stdout = execFileSync(program, args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' });
    return { exit_code: 0, stdout };
  } catch (error) {
    const { status, stderr } = error as { status?: number; stderr?: string };
    return { exit_code: status ?? 127, stderr: stderr ?? String(error) };
  }
}

async function answer(question: string): Promise<string> {
  const input: ResponseInput = [{ role: 'user', content: question }];
  for (let turn = 0; turn < 10; turn += 1) {
    const stream = client.responses.stream({
      model: 'gpt-5-mini',
      instructions: 'You look after a server. Look before you change anything.',
      input,
      tools,
    });
    stream.on('response.output_text.delta', ({ delta }) => process.stdout.write(delta));
    const { output, output_text: text } = await stream.finalResponse();
    const calls = output.filter((item) => item.type === 'function_call');
    if (calls.length === 0) return text;
    for (const { type, call_id, name, arguments: given } of calls) {
      process.stdout.write(`> ${given}\n`);
      input.push({ type, call_id, name, arguments: given });
      const result = runCommand(JSON.parse(given) as { command: string[] });
      input.push({ type: 'function_call_output', call_id, output: JSON.stringify(result) });
    }
  }
  throw new Error('it comes to no end');
}

try {
  await answer(process.argv[2] ?? 'The disk is full. Find what can go, and remove it.');
  process.stdout.write('\n');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
