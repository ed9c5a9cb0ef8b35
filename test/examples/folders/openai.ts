import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

/** A loop of one's own does not tell how it ended. */
const looked = (last: ExpectedCall): ExpectedRun => ({
  agent: 'agent',
  file: 'unresolved',
  calls: [{ tool: 'run_command', outcome: 'ok' }, { tool: 'run_command', outcome: 'empty' }, last],
});

export const folder: ExampleFolder = {
  folder: 'openai',
  env: (server) => ({ OPENAI_API_KEY: 'none', OPENAI_BASE_URL: `${server}/v1` }),
  apps: [
    {
      file: 'inventory.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'list_stock', arguments: {} }],
            [
              { tool: 'order_more', arguments: { article: 'lamp', count: 80 } },
              { tool: 'order_more', arguments: { article: 'desk', count: 10 } },
            ],
          ],
          last: (results) => `Ordered: ${results.slice(1).join(', ')}`,
        },
      ],
      open: {
        says: ['"count":80'],
        runs: [
          {
            agent: 'agent',
            file: 'failure',
            calls: [
              { tool: 'list_stock', outcome: 'ok' },
              { tool: 'order_more', outcome: 'ok' },
              { tool: 'order_more', outcome: 'failed', rule: 'json.success_false' },
            ],
          },
        ],
      },
      governed: {
        says: ['"count":10'],
        saysNot: ['"success":true,"article":"lamp","count":80'],
        runs: [
          {
            agent: 'agent',
            file: 'failure',
            calls: [
              { tool: 'list_stock', outcome: 'ok' },
              {
                tool: 'order_more',
                outcome: 'ok',
                decision: { verdict: 'transform', rule: 'ten-at-a-time' },
              },
              { tool: 'order_more', outcome: 'failed', rule: 'json.success_false' },
            ],
          },
        ],
      },
    },
    {
      file: 'ops.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'run_command', arguments: { command: ['ls'] } }],
            [{ tool: 'run_command', arguments: { command: ['grep', 'ERROR', 'app.log'] } }],
            [{ tool: 'run_command', arguments: { command: ['rm', '-r', 'cache.tmp'] } }],
          ],
          last: (results) => `Done: ${results.at(-1)}`,
        },
      ],
      open: {
        says: ['Done: {"exit_code":0'],
        runs: [looked({ tool: 'run_command', outcome: 'ok' })],
      },
      governed: {
        says: ['Removing files is not allowed'],
        runs: [
          looked({
            tool: 'run_command',
            outcome: 'denied',
            decision: { verdict: 'block', rule: 'nothing-is-removed' },
          }),
        ],
      },
    },
  ],
};
