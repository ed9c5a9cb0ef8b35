/** Makes a release by shell commands, all of which it may run: what it must not do is in the policy. */
import { query } from '@anthropic-ai/claude-agent-sdk';

const version = process.argv[2] ?? '1.4.0';

async function* asked(question: string): AsyncGenerator<string> {
  for await (const message of query({
    prompt: question,
    options: {
      systemPrompt: 'You make releases: run the tests, tag, push. Never go around a failing test.',
      allowedTools: ['Bash'],
      permissionMode: 'dontAsk',
      maxTurns: 10,
      // Another Claude Code than the one that the SDK brings.
      pathToClaudeCodeExecutable: process.env['CLAUDE_CODE_EXECUTABLE'],
    },
  })) {
    if (message.type === 'assistant') {
      for (const block of message.message.content) {
        if (block.type === 'tool_use') yield `> ${JSON.stringify(block.input)}`;
      }
    } else if (message.type === 'result') {
      yield message.subtype === 'success' ? message.result : `it ended: ${message.subtype}`;
    }
  }
}

for await (const line of asked(`Release ${version}.`)) process.stdout.write(`${line}\n`);
