/** A library as an MCP server on the standard streams. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const books = new Map([
  ['b1', { title: 'Moby-Dick', lent: false }],
  ['b2', { title: 'Dracula', lent: true }],
]);
const text = (value: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(value) }],
});
const server = new McpServer({ name: 'library', version: '1.0.0' });

server.registerTool(
  'find_book',
  { description: 'Find a book by words of its title.', inputSchema: { words: z.string() } },
  ({ words }) =>
    text([...books].filter(([, { title }]) => title.includes(words)).map(([id]) => id)),
);

server.registerTool(
  'lend',
  {
    description: 'Lend a book to a reader.',
    inputSchema: { book: z.string(), reader: z.string() },
  },
  ({ book, reader }) => {
    const found = books.get(book);
    if (found === undefined || found.lent) {
      return { isError: true, ...text(`${book} cannot be lent`) };
    }
    found.lent = true;
    return text({ book, reader });
  },
);

await server.connect(new StdioServerTransport());
