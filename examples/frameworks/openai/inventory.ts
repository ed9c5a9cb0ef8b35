/** Sees what is running out and orders more: the functions are run by `runTools`. */
import OpenAI from 'openai';

const stock = new Map([
  ['lamp', 2],
  ['chair', 40],
  ['desk', 0],
]);

const client = new OpenAI();

interface Order {
  readonly article: string;
  readonly count: number;
}

const runner = client.chat.completions.runTools({
  model: 'gpt-5-mini',
  messages: [
    {
      role: 'system',
      content: 'You keep the stock of a shop: order what is below five pieces, up to ten.',
    },
    { role: 'user', content: process.argv[2] ?? 'See to the stock.' },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'list_stock',
        description: 'Every article and how many there are.',
        parameters: { type: 'object', properties: {} },
        parse: JSON.parse,
        function: () => Object.fromEntries(stock),
      },
    },
    {
      type: 'function',
      function: {
        name: 'order_more',
        description: 'Order pieces of an article from its maker.',
        parameters: {
          type: 'object',
          properties: { article: { type: 'string' }, count: { type: 'integer' } },
          required: ['article', 'count'],
        },
        parse: (text: string) => JSON.parse(text) as Order,
        // As the interface of the maker answers: a status of 200, whatever has become of it.
        function: ({ article, count }: Order) =>
          article === 'desk'
            ? { success: false, error: 'desks are not made any more' }
            : { success: true, article, count },
      },
    },
  ],
});

runner.on('functionToolCall', ({ name, arguments: given }) => {
  process.stdout.write(`> ${name} ${given}\n`);
});
process.stdout.write(`${await runner.finalContent()}\n`);
