import type { ExampleFolder, ExpectedAgent } from '../example.ts';

const query = 'SELECT region, sum(total) AS total FROM sales WHERE week = 47 GROUP BY region';
const body = 'North 210, south 310. Largest: eve@example.com.';
const analyst: ExpectedAgent = {
  agent: 'analyst',
  calls: [
    { tool: 'run_sql', outcome: 'failed', rule: 'exit.nonzero' },
    { tool: 'run_sql', outcome: 'ok' },
  ],
};

export const folder: ExampleFolder = {
  folder: 'ai-sdk',
  env: (server) => ({ OPENAI_API_KEY: 'none', OPENAI_BASE_URL: `${server}/v1` }),
  apps: [
    {
      file: 'refunds.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'lookup_order', arguments: { order: 'A-1042' } }],
            [{ tool: 'refund', arguments: { order: 'A-1042', amount: 640 } }],
          ],
          last: (results) => `I have seen ${results.at(-1)}`,
        },
      ],
      answers: { refund: 'reject' },
      open: {
        says: ['[refund]', '"refunded":640'],
        runs: [
          {
            agent: 'refunds',
            file: 'success',
            calls: [
              { tool: 'lookup_order', outcome: 'ok' },
              { tool: 'refund', outcome: 'ok' },
            ],
          },
        ],
      },
      governed: {
        says: ['[refund failed]', 'no proof of purchase'],
        saysNot: ['"refunded"'],
        runs: [
          {
            agent: 'refunds',
            file: 'success',
            calls: [
              { tool: 'lookup_order', outcome: 'ok' },
              {
                tool: 'refund',
                outcome: 'denied',
                decision: { verdict: 'escalate', rule: 'large-refunds-ask' },
              },
            ],
            overrides: ['reject'],
          },
        ],
      },
    },
    {
      file: 'weekly-report.ts',
      scripts: [
        {
          about: 'answer questions about sales',
          turns: [
            [{ tool: 'run_sql', arguments: { query: 'SELECT area FROM sales' } }],
            [{ tool: 'run_sql', arguments: { query } }],
          ],
          last: () => body,
        },
        {
          turns: [
            [{ tool: 'ask_analyst', arguments: { question: 'How was week 47?' } }],
            [{ tool: 'mail_report', arguments: { to: 'sales@example.com', body } }],
          ],
          last: () => 'The report is out.',
        },
      ],
      open: {
        says: ['Largest: eve@example.com.', 'The report is out.'],
        runs: [
          {
            agent: 'editor',
            file: 'success',
            calls: [
              { tool: 'ask_analyst', outcome: 'ok' },
              { tool: 'mail_report', outcome: 'ok' },
            ],
            inside: [analyst],
          },
        ],
      },
      governed: {
        says: ['Largest: [customer].', 'The report is out.'],
        saysNot: ['eve@example.com'],
        runs: [
          {
            agent: 'editor',
            file: 'success',
            calls: [
              { tool: 'ask_analyst', outcome: 'ok' },
              {
                tool: 'mail_report',
                outcome: 'ok',
                decision: { verdict: 'redact', rule: 'no-customers-in-reports' },
              },
            ],
            inside: [analyst],
          },
        ],
      },
    },
  ],
};
