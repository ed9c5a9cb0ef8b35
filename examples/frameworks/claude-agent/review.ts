/** Reviews a repository, and mends what somebody at the terminal lets it mend. */
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';

import { query, type PermissionResult } from '@anthropic-ai/claude-agent-sdk';

async function confirm(tool: string, input: Record<string, unknown>): Promise<PermissionResult> {
  const terminal = createInterface({ input: stdin, output: stdout });
  const answer = await terminal.question(`${tool} ${JSON.stringify(input)} (y/n)? `);
  terminal.close();
  stdout.write('\n');
  return answer.startsWith('y')
    ? { behavior: 'allow', updatedInput: input }
    : { behavior: 'deny', message: 'The reviewer said no.' };
}

const messages = query({
  prompt: process.argv[2] ?? 'Review src/price.ts and mend what is wrong.',
  options: {
    systemPrompt: 'You review code: read before you change anything.',
    allowedTools: ['Read', 'Grep'],
    canUseTool: confirm,
    maxTurns: 10,
    // Another Claude Code than the one that the SDK brings.
    pathToClaudeCodeExecutable: process.env['CLAUDE_CODE_EXECUTABLE'],
  },
});

for await (const message of messages) {
  if (message.type === 'assistant') {
    for (const block of message.message.content) {
      if (block.type === 'tool_use') stdout.write(`> ${block.name}\n`);
    }
  }
  if (message.type === 'result') {
    stdout.write(`${message.subtype === 'success' ? message.result : message.subtype}\n`);
  }
}
