/**
 * An ordinary support agent: AI SDK, four tools, tickets in on standard input, answers out on standard output.
 * It imports nothing of Aftertrace and does not know that it is watched.
 */
import { createInterface } from 'node:readline';

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { isStepCount, tool, ToolLoopAgent } from 'ai';
import { z } from 'zod';

import { createShop } from './shop.ts';

const shop = createShop();
const provider = createOpenAICompatible({
  name: 'openai',
  baseURL: String(process.env['OPENAI_BASE_URL']),
  apiKey: process.env['OPENAI_API_KEY'] ?? 'none',
});

const agent = new ToolLoopAgent({
  id: 'support-agent',
  model: provider('gpt-5-mini'),
  instructions: 'You help the customers of a shop. Look an order up before you act on it.',
  stopWhen: isStepCount(8),
  maxRetries: 0,
  tools: {
    lookup_order: tool({
      description: 'Find an order by its number.',
      inputSchema: z.object({ order_id: z.string() }),
      execute: ({ order_id }) => shop.lookup(order_id),
    }),
    refund: tool({
      description: 'Pay an amount back to the customer of an order.',
      inputSchema: z.object({ order_id: z.string(), amount: z.number() }),
      execute: ({ order_id, amount }) => shop.refund(order_id, amount),
    }),
    send_email: tool({
      description: 'Send an e-mail to a customer.',
      inputSchema: z.object({ to: z.string(), subject: z.string(), body: z.string() }),
      execute: ({ to, subject, body }) => shop.sendEmail(to, subject, body),
    }),
    run_sql: tool({
      description: 'Run one SQL statement on the orders database.',
      inputSchema: z.object({ query: z.string() }),
      execute: ({ query }) => shop.runSql(query),
    }),
  },
});

for await (const line of createInterface({ input: process.stdin })) {
  const { ticket, message } = JSON.parse(line) as { ticket: string; message: string };
  void answer(ticket, message);
}

async function answer(ticket: string, message: string): Promise<void> {
  try {
    const { text } = await agent.generate({ prompt: `[${ticket}] ${message}` });
    process.stdout.write(`${JSON.stringify({ ticket, answer: text })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ ticket, error: String(error) })}\n`);
  }
}
