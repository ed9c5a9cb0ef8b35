import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

const lend = (book: string) => [{ tool: 'lend', arguments: { book, reader: 'ada' } }];

const taken: ExpectedCall = { tool: 'lend', outcome: 'failed', rule: 'mcp.is_error' };
const refused: ExpectedCall = {
  tool: 'lend',
  outcome: 'denied',
  decision: { verdict: 'block', rule: 'dracula-stays' },
};

const asked = (file: ExpectedRun['file'], last: ExpectedCall): ExpectedRun => ({
  agent: 'agent',
  file,
  calls: [{ tool: 'find_book', outcome: 'ok' }, { tool: 'lend', outcome: 'ok' }, last],
});

/** Outside of any agent, each call is on its own. */
const alone = (call: ExpectedCall): ExpectedRun => ({
  agent: 'agent',
  file: 'unresolved',
  calls: [call],
});

export const folder: ExampleFolder = {
  folder: 'mcp',
  env: (server) => ({ OPENAI_API_KEY: 'none', OPENAI_BASE_URL: `${server}/v1` }),
  apps: [
    {
      file: 'librarian.ts',
      scripts: [
        {
          turns: [[{ tool: 'find_book', arguments: { words: 'Dracula' } }], lend('b1'), lend('b2')],
          last: (results) => results.slice(1).join('\n'),
        },
      ],
      open: { says: ['b2 cannot be lent'], runs: [asked('failure', taken)] },
      governed: { says: ['read in the house'], runs: [asked('success', refused)] },
    },
    {
      file: 'waiting-list.ts',
      scripts: [],
      open: {
        says: ['b2 to bob: no, '],
        runs: [alone({ tool: 'lend', outcome: 'ok' }), alone(taken)],
      },
      governed: {
        says: ['b2 to bob: no, ', 'read in the house'],
        runs: [alone({ tool: 'lend', outcome: 'ok' }), alone(refused)],
      },
    },
  ],
};
