/** A newsroom: an editor with a researcher of its own, and a wire to send the story out on. */
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { InMemoryStore } from '@mastra/core/storage';
import { createTool } from '@mastra/core/tools';
import { z } from 'zod';

const archive = new Map([
  ['harbour', 'The harbour opened in 1901. Contact: press@harbour.example.com.'],
]);

const searchArchive = createTool({
  id: 'search_archive',
  description: 'What the archive has about a word.',
  inputSchema: z.object({ word: z.string() }),
  execute: async ({ word }) => archive.get(word) ?? { error: `nothing about ${word}` },
});

const sendWire = createTool({
  id: 'send_wire',
  description: 'Send a story to the agencies.',
  inputSchema: z.object({ story: z.string() }),
  execute: async ({ story }) => {
    process.stdout.write(`WIRE ${story}\n`);
    return { success: true };
  },
});

const researcher = new Agent({
  id: 'researcher',
  name: 'researcher',
  description: 'Finds facts in the archive.',
  instructions: 'You find facts in the archive.',
  model: 'openai/gpt-5-mini',
  tools: { search_archive: searchArchive },
});

const editor = new Agent({
  id: 'editor',
  name: 'editor',
  instructions: 'You write stories: ask the researcher, then send the story.',
  model: 'openai/gpt-5-mini',
  agents: { researcher },
  tools: { send_wire: sendWire },
});
const mastra = new Mastra({ agents: { editor }, storage: new InMemoryStore(), logger: false });

const { text } = await mastra
  .getAgent('editor')
  .generate(process.argv[2] ?? 'A story about the harbour, please.');
process.stdout.write(`${text}\n`);
