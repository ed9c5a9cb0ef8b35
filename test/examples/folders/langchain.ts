import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

const loaded = (read: ExpectedCall): ExpectedRun => ({
  agent: 'loader',
  file: 'failure',
  calls: [read, { tool: 'load_rows', outcome: 'failed', rule: 'thrown.other' }],
});

/** The question to the reviewer ends the first call of the graph, the answer begins another. */
const drafted: ExpectedRun = {
  agent: 'writer',
  file: 'unresolved',
  calls: [{ tool: 'draft', outcome: 'ok' }],
};
const published = (call: ExpectedCall): ExpectedRun => ({
  agent: 'writer',
  file: 'success',
  calls: [call],
  overrides: ['approve'],
});

export const folder: ExampleFolder = {
  folder: 'langchain',
  env: (server) => ({
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: `${server}/v1`,
    USER: 'ana@example.com',
  }),
  apps: [
    {
      file: 'etl.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'read_export', arguments: { day: 'Monday' } }],
            [{ tool: 'load_rows', arguments: { table: 'orders', rows: '2' } }],
          ],
          last: (results) => `Missing: ${results.join('\n')}`,
        },
      ],
      open: { says: ['ada@example.com'], runs: [loaded({ tool: 'read_export', outcome: 'ok' })] },
      governed: {
        says: ['[customer]'],
        saysNot: ['ada@example.com'],
        runs: [
          loaded({
            tool: 'read_export',
            outcome: 'ok',
            decision: { verdict: 'redact', rule: 'no-customers-to-models' },
          }),
        ],
      },
    },
    {
      file: 'publish.ts',
      input: 'y\n',
      scripts: [
        {
          turns: [
            [{ tool: 'draft', arguments: { title: 'Lamps' } }],
            [{ tool: 'publish', arguments: { text: '# Lamps\nCall us: +49 30 12345678' } }],
          ],
          last: () => 'It is out.',
        },
      ],
      open: {
        says: ['PUBLISHED # Lamps\nCall us: +49 30 12345678', 'It is out.'],
        runs: [drafted, published({ tool: 'publish', outcome: 'ok' })],
      },
      governed: {
        says: ['PUBLISHED # Lamps\nCall us: [phone]'],
        runs: [
          drafted,
          published({
            tool: 'publish',
            outcome: 'ok',
            decision: { verdict: 'redact', rule: 'no-phone-numbers' },
          }),
        ],
      },
    },
  ],
};
