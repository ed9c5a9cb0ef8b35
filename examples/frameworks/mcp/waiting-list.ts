/** A job that lends what is on a list, by an MCP server, without a model. */
import path from 'node:path';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const library = new Client({ name: 'waiting-list', version: '1.0.0' });
await library.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'library-server.ts')],
  }),
);

const waiting = [
  { book: 'b1', reader: 'ada' },
  { book: 'b2', reader: 'bob' },
];
try {
  for (const { book, reader } of waiting) {
    const result = await library.callTool({ name: 'lend', arguments: { book, reader } });
    const [part] = result.content as readonly { readonly text?: string }[];
    process.stdout.write(
      `${book} to ${reader}: ${result.isError === true ? 'no, ' : ''}${part?.text}\n`,
    );
  }
} finally {
  await library.close();
}
