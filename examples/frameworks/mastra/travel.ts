/** A travel desk: streamed, and nothing is booked before the traveller has said yes. */
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';

import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { RequestContext } from '@mastra/core/request-context';
import { InMemoryStore } from '@mastra/core/storage';
import { createTool } from '@mastra/core/tools';
import { z } from 'zod';

const findTrains = createTool({
  id: 'find_trains',
  description: 'Trains to a city and what they cost.',
  inputSchema: z.object({ to: z.string() }),
  execute: async ({ to }) => ({
    to,
    trains: [
      { train: 'ICE 7', price: 89 },
      { train: 'RE 3', price: 29 },
    ],
  }),
});

const bookTrain = createTool({
  id: 'book_train',
  description: 'Book a seat.',
  inputSchema: z.object({ train: z.string(), price: z.number() }),
  requireApproval: true,
  execute: async ({ train }) => ({ booked: train }),
});

const desk = new Agent({
  id: 'travel-desk',
  name: 'travel-desk',
  instructions: 'You book trains. Look for one first.',
  model: 'openai/gpt-5-mini',
  tools: { find_trains: findTrains, book_train: bookTrain },
});
const mastra = new Mastra({ agents: { desk }, storage: new InMemoryStore(), logger: false });

const agent = mastra.getAgent('desk');
const question = process.argv[2] ?? 'I have to be in Berlin tomorrow.';
let output = await agent.stream(question);
for (;;) {
  let asked: string | undefined;
  for await (const chunk of output.fullStream) {
    if (chunk.type === 'text-delta') stdout.write(chunk.payload.text);
    if (chunk.type === 'tool-call-approval') asked = JSON.stringify(chunk.payload.args);
  }
  if (asked === undefined) break;
  const requestContext = new RequestContext();
  requestContext.set('approver', process.env['USER'] ?? 'traveller');
  requestContext.set('approvalReason', 'asked at the desk');
  const options = { runId: output.runId, requestContext };
  output = (await confirm(asked))
    ? await agent.approveToolCall(options)
    : await agent.declineToolCall(options);
}
stdout.write('\n');

async function confirm(what: string): Promise<boolean> {
  const terminal = createInterface({ input: stdin, output: stdout });
  const answer = await terminal.question(`${what} (y/n)? `);
  terminal.close();
  stdout.write('\n');
  return answer.startsWith('y');
}
