/** Loads the exports of a shop into a database: a LangChain agent on the tools of an MCP server, one of which fails. */
import path from 'node:path';

import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';

const mcp = new MultiServerMCPClient({
  prefixToolNameWithServerName: false,
  mcpServers: {
    exports: {
      transport: 'stdio',
      command: process.execPath,
      args: [path.join(import.meta.dirname, 'exports-server.ts')],
    },
  },
});

const loader = createAgent({
  name: 'loader',
  model: new ChatOpenAI({ model: 'gpt-5-mini' }),
  tools: await mcp.getTools(),
  systemPrompt:
    'You load exports into the database: read the file, then load its rows. Say in the end what is missing.',
});

try {
  const { messages } = await loader.invoke({
    messages: [{ role: 'user', content: process.argv[2] ?? 'Load the export of Monday.' }],
  });
  process.stdout.write(`${messages.at(-1)?.text}\n`);
} finally {
  await mcp.close();
}
