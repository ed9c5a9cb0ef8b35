/** A model that works with the tools of an MCP server: `runTools` asks, an MCP client does. */
import path from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import OpenAI from 'openai';
import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction';

const library = new Client({ name: 'librarian', version: '1.0.0' });
const model = new OpenAI();

/** The server's tools, as the model's. */
async function loadTools(): Promise<RunnableToolFunctionWithParse<Record<string, unknown>>[]> {
  const { tools } = await library.listTools();
  return tools.map(({ name, description = '', inputSchema }) => ({
    type: 'function',
    function: {
      name,
      description,
      parameters: inputSchema as Record<string, unknown>,
      parse: (given: string) => JSON.parse(given) as Record<string, unknown>,
      function: async (given: Record<string, unknown>) => {
        const { content } = await library.callTool({ name, arguments: given });
        return (content as { readonly text?: string }[]).map(({ text }) => text).join('\n');
      },
    },
  }));
}

await library.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'library-server.ts')],
  }),
);
try {
  const runner = model.chat.completions.runTools({
    model: 'gpt-5-mini',
    messages: [
      { role: 'system', content: 'You lend the books of a library to its readers.' },
      { role: 'user', content: process.argv[2] ?? 'I am Ada. Lend me Moby-Dick and Dracula.' },
    ],
    tools: await loadTools(),
  });
  runner.on('functionToolCall', ({ name, arguments: given }) => {
    process.stdout.write(`> ${name} ${given}\n`);
  });
  process.stdout.write(`${await runner.finalContent()}\n`);
} finally {
  await library.close();
}
