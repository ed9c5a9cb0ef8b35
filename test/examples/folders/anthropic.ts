import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

const settled = (found: ExpectedCall): ExpectedRun => ({
  agent: 'agent',
  file: 'success',
  calls: [
    { tool: 'find_policy', outcome: 'failed', rule: 'thrown.other' },
    found,
    { tool: 'settle', outcome: 'ok' },
  ],
});

/** A loop of one's own does not tell how it ended. */
const opened = (last: ExpectedCall): ExpectedRun => ({
  agent: 'agent',
  file: 'unresolved',
  calls: [
    { tool: 'read_log', outcome: 'failed', rule: 'text.error_prefix' },
    { tool: 'read_log', outcome: 'ok' },
    last,
  ],
});

export const folder: ExampleFolder = {
  folder: 'anthropic',
  env: (server) => ({ ANTHROPIC_API_KEY: 'none', ANTHROPIC_BASE_URL: server }),
  apps: [
    {
      file: 'claims.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'find_policy', arguments: { policy: 'P7' } }],
            [{ tool: 'find_policy', arguments: { policy: 'P-7' } }],
            [{ tool: 'settle', arguments: { policy: 'P-7', amount: 900, note: 'water' } }],
          ],
          last: (results) => `Settled, having seen ${results[1]}`,
        },
      ],
      open: {
        says: ['DE89370400440532013000'],
        runs: [settled({ tool: 'find_policy', outcome: 'ok' })],
      },
      governed: {
        says: ['[iban]'],
        saysNot: ['DE8937'],
        runs: [
          settled({
            tool: 'find_policy',
            outcome: 'ok',
            decision: { verdict: 'redact', rule: 'no-bank-accounts' },
          }),
        ],
      },
    },
    {
      file: 'log-triage.ts',
      scripts: [
        {
          turns: [
            [{ tool: 'read_log', arguments: { service: 'shop' } }],
            [{ tool: 'read_log', arguments: { service: 'checkout' } }],
            [{ tool: 'open_ticket', arguments: { title: 'checkout times out', urgency: 'page' } }],
          ],
          last: (results) => `Opened: ${results.at(-1)}`,
        },
      ],
      answers: { open_ticket: 'approve' },
      open: { says: ['T-1'], runs: [opened({ tool: 'open_ticket', outcome: 'ok' })] },
      governed: {
        says: ['T-1'],
        runs: [
          {
            ...opened({
              tool: 'open_ticket',
              outcome: 'ok',
              decision: { verdict: 'escalate', rule: 'pages-ask' },
            }),
            overrides: ['approve'],
          },
        ],
      },
    },
  ],
};
