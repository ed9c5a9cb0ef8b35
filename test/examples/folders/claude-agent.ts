import { fileURLToPath } from 'node:url';

import type { ExampleFolder, ExpectedCall, ExpectedRun } from '../example.ts';

/** Plays Claude Code; its tools are given by the apps below. */
const CLAUDE = fileURLToPath(new URL('../../frameworks/harness/claude-cli.ts', import.meta.url));
const edit = {
  file_path: 'src/price.ts',
  old_string: 'net',
  new_string: 'gross // api_key="sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"',
};
const run = (command: string) => [{ tool: 'Bash', arguments: { command } }];

const reviewed = (edited: ExpectedCall): ExpectedRun => ({
  agent: 'agent',
  file: 'success',
  calls: [{ tool: 'Read', outcome: 'ok' }, edited],
  overrides: ['approve'],
});

const released = (file: ExpectedRun['file'], last: ExpectedCall): ExpectedRun => ({
  agent: 'agent',
  file,
  calls: [
    { tool: 'Bash', outcome: 'ok' },
    { tool: 'Bash', outcome: 'failed', rule: 'thrown.other' },
    last,
  ],
});

export const folder: ExampleFolder = {
  folder: 'claude-agent',
  env: (server) => ({
    ANTHROPIC_API_KEY: 'none',
    ANTHROPIC_BASE_URL: server,
    CLAUDE_CODE_EXECUTABLE: CLAUDE,
  }),
  apps: [
    {
      file: 'review.ts',
      input: 'y\n',
      builtIn: [
        { name: 'Read', needsApproval: false, answer: () => 'export const price = net;' },
        {
          name: 'Edit',
          needsApproval: true,
          answer: (input) => `edited: ${JSON.stringify(input)}`,
        },
      ],
      scripts: [
        {
          turns: [
            [{ tool: 'Read', arguments: { file_path: 'src/price.ts' } }],
            [{ tool: 'Edit', arguments: edit }],
          ],
          last: (results) => results.at(-1) ?? '',
        },
      ],
      open: { says: ['(y/n)?', 'sk-proj-'], runs: [reviewed({ tool: 'Edit', outcome: 'ok' })] },
      governed: {
        says: ['edited:', '[secret]'],
        saysNot: ['sk-proj-'],
        runs: [
          reviewed({
            tool: 'Edit',
            outcome: 'ok',
            decision: { verdict: 'redact', rule: 'no-tokens-in-files' },
          }),
        ],
      },
    },
    {
      file: 'release.ts',
      builtIn: [
        {
          name: 'Bash',
          needsApproval: false,
          answer: ({ command }) => {
            if (command === 'git push') throw new Error('Exit code 1\n! [rejected] main -> main');
            return { stdout: 'done', stderr: '', interrupted: false };
          },
        },
      ],
      scripts: [
        {
          turns: [run('git tag v1.4.0'), run('git push'), run('git push --force')],
          last: (results) => `Released: ${results.at(-1)}`,
        },
      ],
      open: {
        says: ['Released: {"stdout":"done"'],
        runs: [released('success', { tool: 'Bash', outcome: 'ok' })],
      },
      governed: {
        says: ['with force is not allowed'],
        runs: [
          released('failure', {
            tool: 'Bash',
            outcome: 'denied',
            decision: { verdict: 'block', rule: 'no-forced-pushes' },
          }),
        ],
      },
    },
  ],
};
