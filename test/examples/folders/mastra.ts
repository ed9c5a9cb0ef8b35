import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

const story = 'The harbour is old. Write to press@harbour.example.com.';
/** The question to the traveller ends the first run, the answer begins another. */
const found: ExpectedRun = {
  agent: 'travel-desk',
  file: 'unresolved',
  calls: [{ tool: 'find_trains', outcome: 'ok' }],
};
const booked = (call: ExpectedCall): ExpectedRun => ({
  agent: 'travel-desk',
  file: 'success',
  calls: [call],
  overrides: ['approve'],
});

const edited = (sent: ExpectedCall): ExpectedRun => ({
  agent: 'editor',
  file: 'success',
  calls: [{ tool: 'agent-researcher', outcome: 'ok' }, sent],
  inside: [
    {
      agent: 'researcher',
      calls: [
        { tool: 'search_archive', outcome: 'failed', rule: 'json.error_value' },
        { tool: 'search_archive', outcome: 'ok' },
      ],
    },
  ],
});

export const folder: ExampleFolder = {
  folder: 'mastra',
  env: (server) => ({
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: `${server}/v1`,
    MASTRA_TELEMETRY_DISABLED: '1',
    USER: 'ana@example.com',
  }),
  apps: [
    {
      file: 'travel.ts',
      input: 'y\n',
      scripts: [
        {
          turns: [
            [{ tool: 'find_trains', arguments: { to: 'Berlin' } }],
            [{ tool: 'book_train', arguments: { train: 'ICE 7', price: 89 } }],
          ],
          last: (results) => `I have seen ${results.at(-1)}`,
        },
      ],
      open: {
        says: ['(y/n)?', '"booked":"ICE 7"'],
        runs: [found, booked({ tool: 'book_train', outcome: 'ok' })],
      },
      governed: {
        says: ['50 at most'],
        runs: [
          found,
          booked({
            tool: 'book_train',
            outcome: 'denied',
            decision: { verdict: 'block', rule: 'second-class' },
          }),
        ],
      },
    },
    {
      file: 'newsroom.ts',
      scripts: [
        {
          about: 'You find facts',
          turns: [
            [{ tool: 'search_archive', arguments: { word: 'port' } }],
            [{ tool: 'search_archive', arguments: { word: 'harbour' } }],
          ],
          last: (results) => results.at(-1) ?? '',
        },
        {
          turns: [
            [{ tool: 'agent-researcher', arguments: { prompt: 'the harbour?' } }],
            [{ tool: 'send_wire', arguments: { story } }],
          ],
          last: () => 'The story is out.',
        },
      ],
      open: {
        says: [`WIRE ${story}`, 'The story is out.'],
        runs: [edited({ tool: 'send_wire', outcome: 'ok' })],
      },
      governed: {
        says: ['Write to [address]'],
        runs: [
          edited({
            tool: 'send_wire',
            outcome: 'ok',
            decision: { verdict: 'redact', rule: 'no-addresses-on-the-wire' },
          }),
        ],
      },
    },
  ],
};
