/** A front desk that hands customers over to those who know, and a person who is asked before money goes out. */
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';

import { Agent, run, tool } from '@openai/agents';
import { z } from 'zod';

/** Whoever answers is known to what records it. */
interface Desk {
  readonly approver: { readonly id: string; readonly reason: string };
}

const refund = tool({
  name: 'refund',
  description: 'Pay an amount back to the customer of an order.',
  parameters: z.object({ order: z.string(), amount: z.number() }),
  needsApproval: true,
  execute: ({ order, amount }) => ({ refunded: amount, reference: `RF-${order}` }),
});

const trackParcel = tool({
  name: 'track_parcel',
  description: 'Where the parcel of an order is.',
  parameters: z.object({ order: z.string() }),
  execute: ({ order }) => ({ order, at: 'sorting centre north', state: 'damaged' }),
});

const billing = new Agent<Desk>({
  name: 'billing',
  handoffDescription: 'Invoices and refunds.',
  instructions: 'You see to refunds. Say in one sentence what you did.',
  tools: [refund],
});

const shipping = new Agent<Desk>({
  name: 'shipping',
  handoffDescription: 'Where parcels are. Hands over to billing where one is lost or damaged.',
  instructions: 'You find parcels.',
  tools: [trackParcel],
  handoffs: [billing],
});

const frontDesk = Agent.create({
  name: 'front-desk',
  instructions: 'You hand each customer over to the one who can help.',
  handoffs: [billing, shipping],
});

const question = process.argv[2] ?? 'The parcel of order A-1042 came in pieces, I want 640 back.';
const context: Desk = {
  approver: { id: process.env['USER'] ?? 'desk', reason: 'asked at the desk' },
};

let result = await run(frontDesk, question, { context });
while (result.interruptions.length > 0) {
  for (const asked of result.interruptions) {
    if (await confirm(`${asked.name} ${asked.arguments}`)) result.state.approve(asked);
    else result.state.reject(asked, { message: 'The desk said no.' });
  }
  result = await run(frontDesk, result.state, { context });
}
stdout.write(`\n${result.lastAgent?.name}: ${result.finalOutput}\n`);

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: stdin, output: stdout });
  const answer = await terminal.question(`${question} (y/n)? `);
  terminal.close();
  return answer.startsWith('y');
}
