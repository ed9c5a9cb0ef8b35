import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

const reserve = (article: string) => ({ tool: 'reserve', arguments: { article, order: 'A-1042' } });
const failed: ExpectedCall = { tool: 'reserve', outcome: 'failed', rule: 'mcp.is_error' };

/** A question to a person ends the call of `run`, and the answer begins another one. */
const asked: ExpectedRun = {
  agent: 'front-desk',
  file: 'unresolved',
  calls: [],
  inside: [
    { agent: 'shipping', calls: [{ tool: 'track_parcel', outcome: 'ok' }] },
    { agent: 'billing', calls: [] },
  ],
};

const picked = (last: ExpectedCall): ExpectedRun => ({
  agent: 'clerk',
  file: 'failure',
  calls: [
    { tool: 'find_stock', outcome: 'ok' },
    { tool: 'reserve', outcome: 'ok' },
    failed,
    failed,
    last,
  ],
});

export const folder: ExampleFolder = {
  folder: 'openai-agents',
  env: (server) => ({
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: `${server}/v1`,
    OPENAI_AGENTS_DISABLE_TRACING: '1',
    USER: 'ana@example.com',
  }),
  apps: [
    {
      file: 'triage.ts',
      input: 'y\n',
      scripts: [
        {
          turns: [
            [{ tool: 'transfer_to_shipping', arguments: {} }],
            [{ tool: 'track_parcel', arguments: { order: 'A-1042' } }],
            [{ tool: 'transfer_to_billing', arguments: {} }],
            [{ tool: 'refund', arguments: { order: 'A-1042', amount: 640 } }],
          ],
          last: (results) => `I have seen ${results.at(-1)}`,
        },
      ],
      open: {
        says: ['(y/n)?', 'billing: I have seen', '"refunded":640'],
        runs: [
          asked,
          {
            agent: 'billing',
            file: 'success',
            calls: [{ tool: 'refund', outcome: 'ok' }],
            overrides: ['approve'],
          },
        ],
      },
      governed: {
        says: ['(y/n)?', 'made by the head of finance'],
        saysNot: ['"refunded"'],
        runs: [
          asked,
          {
            agent: 'billing',
            file: 'success',
            calls: [
              {
                tool: 'refund',
                outcome: 'denied',
                decision: { verdict: 'block', rule: 'refunds-have-a-limit' },
              },
            ],
            overrides: ['approve'],
          },
        ],
      },
    },
    {
      file: 'pick-orders.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'find_stock', arguments: { article: 'lamp' } }],
            [reserve('lamp')],
            [reserve('chair')],
            [reserve('chair')],
            [reserve('chair')],
          ],
          last: (results) => `The chair is missing: ${results.at(-1)}`,
        },
      ],
      open: { says: ['shelf C1 does not answer'], runs: [picked(failed)] },
      governed: {
        says: ['Leave it for later'],
        runs: [
          picked({
            tool: 'reserve',
            outcome: 'denied',
            decision: { verdict: 'block', rule: 'shelves-that-fail' },
          }),
        ],
      },
    },
  ],
};
