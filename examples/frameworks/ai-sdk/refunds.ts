/** A support agent of a shop: answers in a stream, and pays money back. */
import { openai } from '@ai-sdk/openai';
import { isStepCount, tool, ToolLoopAgent } from 'ai';
import { z } from 'zod';

interface Order {
  readonly total: number;
  readonly state: 'delivered' | 'shipped';
  readonly customer: string;
}

const orders = new Map<string, Order>([
  ['A-1042', { total: 640, state: 'delivered', customer: 'ada@example.com' }],
  ['A-1043', { total: 35, state: 'shipped', customer: 'bob@example.com' }],
]);

const agent = new ToolLoopAgent({
  id: 'refunds',
  model: openai('gpt-5-mini'),
  instructions:
    'You help the customers of a shop. Look an order up before you act on it, pay back at most what it cost, and say in one sentence what you did.',
  stopWhen: isStepCount(8),
  tools: {
    lookup_order: tool({
      description: 'Find an order by its number.',
      inputSchema: z.object({ order: z.string() }),
      execute: ({ order }) => find(order),
    }),
    refund: tool({
      description: 'Pay an amount back to the customer of an order.',
      inputSchema: z.object({ order: z.string(), amount: z.number().positive() }),
      execute: ({ order, amount }) => {
        if (amount > find(order).total) throw new Error(`${order} did not cost ${amount}`);
        return { refunded: amount, reference: `RF-${order}` };
      },
    }),
  },
});

function find(order: string): Order {
  const found = orders.get(order);
  if (found === undefined) throw new Error(`there is no order ${order}`);
  return found;
}

const prompt = process.argv[2] ?? 'Order A-1042 came in pieces. I want all of my money back.';
const { stream } = await agent.stream({ prompt });
for await (const part of stream) {
  if (part.type === 'text-delta') process.stdout.write(part.text);
  if (part.type === 'tool-call') process.stdout.write(`[${part.toolName}]\n`);
  if (part.type === 'tool-error') process.stdout.write(`[${part.toolName} failed]\n`);
  if (part.type === 'error') throw part.error;
}
process.stdout.write('\n');
