import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

const helped = (last: ExpectedCall): ExpectedRun => ({
  agent: 'helpdesk',
  file: 'success',
  calls: [{ tool: 'find_account', outcome: 'ok' }, { tool: 'reset_password', outcome: 'ok' }, last],
});

const cooked = (order: ExpectedCall): ExpectedRun => ({
  agent: 'chef',
  file: 'success',
  calls: [{ tool: 'buyer', outcome: 'ok' }, order],
  inside: [
    {
      agent: 'buyer',
      calls: [
        { tool: 'ask_shop', outcome: 'failed', rule: 'thrown.other' },
        { tool: 'ask_shop', outcome: 'ok' },
      ],
    },
  ],
});

export const folder: ExampleFolder = {
  folder: 'google-adk',
  env: (server) => ({ GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: server }),
  apps: [
    {
      file: 'helpdesk.ts',
      answers: { close_account: 'reject' },
      scripts: [
        {
          turns: [
            [{ tool: 'find_account', arguments: { user: 'ada' } }],
            [{ tool: 'reset_password', arguments: { user: 'ada' } }],
            [{ tool: 'close_account', arguments: { user: 'ada' } }],
          ],
          last: (results) => `I have seen ${results.at(-1)}`,
        },
      ],
      open: {
        says: ['I have seen {"success":true'],
        runs: [helped({ tool: 'close_account', outcome: 'ok' })],
      },
      governed: {
        says: ['no proof of purchase'],
        runs: [
          {
            ...helped({
              tool: 'close_account',
              outcome: 'denied',
              decision: { verdict: 'escalate', rule: 'closing-asks' },
            }),
            overrides: ['reject'],
          },
        ],
      },
    },
    {
      file: 'kitchen.ts',
      scripts: [
        {
          about: 'You ask shops',
          turns: [
            [{ tool: 'ask_shop', arguments: { shop: 'market', article: 'fish' } }],
            [{ tool: 'ask_shop', arguments: { shop: 'corner', article: 'fish' } }],
          ],
          last: () => 'Fish is 12.',
        },
        {
          turns: [
            [{ tool: 'buyer', arguments: { request: 'fish' } }],
            [{ tool: 'order_food', arguments: { article: 'fish', people: 40 } }],
          ],
          last: () => 'Fish is ordered.',
        },
      ],
      open: {
        says: ['"people":40', 'Fish is ordered.'],
        runs: [cooked({ tool: 'order_food', outcome: 'ok' })],
      },
      governed: {
        says: ['"people":20'],
        runs: [
          cooked({
            tool: 'order_food',
            outcome: 'ok',
            decision: { verdict: 'transform', rule: 'twenty-at-most' },
          }),
        ],
      },
    },
  ],
};
