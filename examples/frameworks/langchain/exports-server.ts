/** Exports and a database as an MCP server on the standard streams. The database is away. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'exports', version: '1.0.0' });

server.registerTool(
  'read_export',
  { description: 'The rows of the export of a day.', inputSchema: { day: z.string() } },
  ({ day }) => ({
    content: [{ type: 'text', text: `${day}: 2 orders, of ada@example.com and bob@example.com` }],
  }),
);

server.registerTool(
  'load_rows',
  { description: 'Load rows into a table.', inputSchema: { table: z.string(), rows: z.string() } },
  ({ table }) => ({
    isError: true,
    content: [{ type: 'text', text: `${table}: the connection was refused` }],
  }),
);

await server.connect(new StdioServerTransport());
