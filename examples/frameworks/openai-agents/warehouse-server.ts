/** The warehouse as an MCP server on the standard streams. One of its shelves cannot be reached. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const stock = new Map([
  ['lamp', { shelf: 'A3', count: 12 }],
  ['chair', { shelf: 'C1', count: 4 }],
]);

const server = new McpServer({ name: 'warehouse', version: '1.0.0' });

server.registerTool(
  'find_stock',
  { description: 'Where an article lies.', inputSchema: { article: z.string() } },
  ({ article }) => ({
    content: [{ type: 'text', text: JSON.stringify(stock.get(article) ?? 'not in stock') }],
  }),
);

server.registerTool(
  'reserve',
  {
    description: 'Reserve an article for an order.',
    inputSchema: { article: z.string(), order: z.string() },
  },
  ({ article, order }) => {
    const shelf = stock.get(article)?.shelf ?? 'none';
    if (shelf === 'C1') {
      return { isError: true, content: [{ type: 'text', text: `shelf ${shelf} does not answer` }] };
    }
    return { content: [{ type: 'text', text: `${article} is reserved for ${order}` }] };
  },
);

await server.connect(new StdioServerTransport());
