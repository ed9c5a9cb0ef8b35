import type { ExamplesByRule } from './rule-examples.ts';

const long = 'and then some more words about it. '.repeat(200);

export const textExamples: ExamplesByRule = {
  'text.error_prefix': {
    hits: [
      [
        'Error',
        { result: 'Error: order 12 not found' },
        { certainty: 'likely', class: 'not_found', evidence: { range: [0, 6] } },
      ],
      ['lower case', { result: 'error: boom' }, { certainty: 'likely' }],
      ['with words before', { result: 'Input validation error: id' }, { certainty: 'likely' }],
      ['MCP', { result: 'MCP error -32602: boom' }, { certainty: 'likely' }],
      ['a mark', { result: '[ERROR] boom' }, { certainty: 'likely' }],
      ['a sentence', { result: 'An unexpected error occurred.' }, { certainty: 'likely' }],
      ['German', { result: 'Fehler: Platte voll' }, { certainty: 'likely' }],
      ['Chinese', { result: '错误：系统繁忙' }, { certainty: 'likely' }],
      ['of a database', { result: 'ORA-00001: boom' }, { certainty: 'likely' }],
      ['an executor', { result: "Error executing tool 'terminal': boom" }, { certainty: 'likely' }],
      ['as JSON text', { result: '"Error: boom"' }, { evidence: { range: [0, 6] } }],
      [
        'in MCP content',
        { result: { content: [{ type: 'text', text: '  Error: x' }], isError: false } },
        { evidence: { range: [2, 8] } },
      ],
    ],
    misses: [
      ['a long text', { result: `Error: ${long}` }],
      ['a heading', { result: 'Error handling in Rust' }],
      ['a heading with a colon', { result: 'Error handling: a guide' }],
      ['a page that was asked for', { tool: 'read_file', result: `Error: ${long.slice(0, 900)}` }],
      ['later in the text', { result: 'I read the log. Error: none' }],
      ['counts', { result: 'Errors: 0' }],
    ],
  },
  'text.named_error': {
    hits: [
      [
        'JavaScript',
        { result: 'TypeError: x is not a function' },
        { certainty: 'likely', evidence: { range: [0, 9] } },
      ],
      [
        'Python with its module',
        { result: 'requests.exceptions.HTTPError: 403 Client Error' },
        { class: 'permission_denied' },
      ],
    ],
    misses: [
      ['a sentence', { result: 'The TypeError: a short history' }],
      ['a long text', { result: `TypeError: ${long}` }],
    ],
  },
  'text.traceback': {
    hits: [
      [
        'Python',
        { result: 'Traceback (most recent call last):\n  File "a.py"\nValueError: x' },
        { class: 'crash' },
      ],
    ],
    misses: [
      ['quoted in prose', { result: 'It printed: Traceback (most recent call last):' }],
      [
        'a program that went on',
        {
          tool: 'python',
          result:
            `Traceback (most recent call last):\nValueError: x\n${'next\n'.repeat(9)}`.padStart(
              400,
              'ok\n',
            ),
        },
      ],
    ],
  },
  'text.failed_prefix': {
    hits: [
      [
        'Failed to',
        { result: 'Failed to send: mailbox unavailable' },
        { certainty: 'likely', class: 'unavailable', evidence: { range: [0, 9] } },
      ],
      ['Unable to', { result: 'Unable to find the page.' }, { certainty: 'likely' }],
    ],
    misses: [
      ['of several lines', { result: 'Failed to parse 3 of 900 rows\nrows follow' }],
      ['later in the text', { result: 'Nobody failed to notice' }],
    ],
  },
};
