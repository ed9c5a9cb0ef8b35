/** A program that is an MCP server over its standard streams, and takes its answers from one at an address: `node mcp-stdio-bridge.ts URL`. */
import { createInterface } from 'node:readline';

const [, , url = ''] = process.argv;

createInterface({ input: process.stdin }).on('line', (line) => void pass(line));

async function pass(line: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: line });
  const answer = await response.text();
  if (answer !== '') process.stdout.write(`${answer}\n`);
}
