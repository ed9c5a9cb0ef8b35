import type { ExampleFolder } from '../example.ts';

const book = (room: string, guests: number) => [{ tool: 'book_room', arguments: { room, guests } }];

export const folder: ExampleFolder = {
  folder: 'own-tools',
  env: (server) => ({ OPENAI_API_KEY: 'none', OPENAI_BASE_URL: `${server}/v1` }),
  apps: [
    {
      file: 'booking.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'list_rooms', arguments: {} }],
            book('oak', 12),
            book('oak', 6),
            book('elm', 6),
          ],
          last: (results) => results.slice(1).join('\n'),
        },
      ],
      open: {
        says: ['{"success":true,"booking":"oak"}', 'oak is taken'],
        runs: [
          {
            agent: 'booking',
            file: 'success',
            calls: [
              { tool: 'list_rooms', outcome: 'ok' },
              { tool: 'book_room', outcome: 'ok' },
              { tool: 'book_room', outcome: 'failed', rule: 'json.success_false' },
              { tool: 'book_room', outcome: 'ok' },
            ],
          },
        ],
      },
      governed: {
        says: ['Book two.', '{"success":true,"booking":"elm"}'],
        saysNot: ['taken'],
        runs: [
          {
            agent: 'booking',
            file: 'success',
            calls: [
              { tool: 'list_rooms', outcome: 'ok' },
              {
                tool: 'book_room',
                outcome: 'denied',
                decision: { verdict: 'block', rule: 'small-rooms' },
              },
              { tool: 'book_room', outcome: 'ok' },
              { tool: 'book_room', outcome: 'ok' },
            ],
          },
        ],
      },
    },
    {
      file: 'nightly-import.ts',
      scripts: [],
      open: {
        says: ['eleven is no price', '2 prices, 1 files left'],
        exitCode: 1,
        runs: [
          {
            agent: 'nightly-import',
            file: 'failure',
            calls: [
              { tool: 'read_file', outcome: 'ok' },
              { tool: 'write_prices', outcome: 'ok' },
              { tool: 'read_file', outcome: 'failed', rule: 'thrown.other' },
            ],
          },
        ],
      },
      governed: {
        says: ['Prices are frozen', '0 prices, 2 files left'],
        exitCode: 1,
        runs: [
          {
            agent: 'nightly-import',
            file: 'failure',
            calls: [
              { tool: 'read_file', outcome: 'ok' },
              {
                tool: 'write_prices',
                outcome: 'denied',
                decision: { verdict: 'block', rule: 'prices-are-frozen' },
              },
              { tool: 'read_file', outcome: 'failed', rule: 'thrown.other' },
            ],
          },
        ],
      },
    },
  ],
};
