/** A clerk who picks an order from the shelves of a warehouse: all that it can do is behind an MCP server. */
import path from 'node:path';

import { Agent, MCPServerStdio, run } from '@openai/agents';

const warehouse = new MCPServerStdio({
  name: 'warehouse',
  command: process.execPath,
  args: [path.join(import.meta.dirname, 'warehouse-server.ts')],
  clientSessionTimeoutSeconds: 30,
});

const clerk = new Agent({
  name: 'clerk',
  instructions:
    'You reserve the articles of an order, one after the other. Where one fails try it once more, then go on, and say in the end what is missing.',
  mcpServers: [warehouse],
});

const order = process.argv[2] ?? 'A-1042';
const articles = process.argv.slice(3).join(', ') || 'lamp, chair';

await warehouse.connect();
try {
  const result = await run(clerk, `Order ${order}: ${articles}.`, { stream: true, maxTurns: 12 });
  for await (const event of result) {
    if (event.type === 'run_item_stream_event' && event.name === 'tool_called') {
      const { item } = event;
      if (item.type === 'tool_call_item' && item.rawItem.type === 'function_call') {
        process.stdout.write(`> ${item.rawItem.name} ${item.rawItem.arguments}\n`);
      }
    }
  }
  await result.completed;
  process.stdout.write(`${result.finalOutput}\n`);
} finally {
  await warehouse.close();
}
