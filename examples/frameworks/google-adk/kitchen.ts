/** A kitchen that plans a dinner: a chef asks a buyer, who is a tool, and the buyer asks the shops. */
import {
  AgentTool,
  FunctionTool,
  InMemoryRunner,
  LlmAgent,
  LogLevel,
  setLogLevel,
} from '@google/adk';
import { z } from 'zod';

setLogLevel(LogLevel.WARN);

const askShop = new FunctionTool({
  name: 'ask_shop',
  description: 'What something costs in a shop.',
  parameters: z.object({ shop: z.string(), article: z.string() }),
  execute: ({ shop, article }) => {
    if (shop === 'market') throw new Error('the market is closed');
    return { article, price: 12 };
  },
});

const orderFood = new FunctionTool({
  name: 'order_food',
  description: 'Order something from a shop.',
  parameters: z.object({ article: z.string(), people: z.number() }),
  execute: ({ article, people }) => ({ success: true, article, people }),
});

const buyer = new LlmAgent({
  name: 'buyer',
  model: 'gemini-2.5-flash',
  description: 'Knows what things cost.',
  instruction: 'You ask shops what things cost: the market first, then the corner shop.',
  tools: [askShop],
});

const chef = new LlmAgent({
  name: 'chef',
  model: 'gemini-2.5-flash',
  instruction: 'You plan dinners: ask the buyer what fish costs, then order it.',
  tools: [new AgentTool({ agent: buyer }), orderFood],
});

const runner = new InMemoryRunner({ agent: chef, appName: 'kitchen' });
const userId = 'kitchen';
const { id: sessionId } = await runner.sessionService.createSession({ appName: 'kitchen', userId });
const text = process.argv[2] ?? 'Fish for 40, tomorrow.';
for await (const { content } of runner.runAsync({
  userId,
  sessionId,
  newMessage: { role: 'user', parts: [{ text }] },
})) {
  for (const part of content?.parts ?? []) {
    if (part.functionResponse !== undefined) {
      const { name, response } = part.functionResponse;
      process.stdout.write(`> ${name} ${JSON.stringify(response)}\n`);
    }
    if (part.text !== undefined) process.stdout.write(`${part.text}\n`);
  }
}
