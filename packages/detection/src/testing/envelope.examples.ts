import type { ExamplesByRule } from './rule-examples.ts';

const row = { id: 1, name: 'lamp' };

export const envelopeExamples: ExamplesByRule = {
  'json.success_false': {
    hits: [
      [
        'alone',
        { result: { success: false } },
        {
          channel: 'result',
          class: 'other',
          certainty: 'certain',
          evidence: { pointer: '/success' },
        },
      ],
      [
        'with a reason',
        { result: { success: false, error: 'order not found' } },
        { class: 'not_found' },
      ],
      ['ok', { result: { ok: false, message: 'already exists' } }, { class: 'conflict' }],
      ['as text', { result: { success: 'false' } }, {}],
      [
        'JSON text in MCP content',
        { result: { content: [{ type: 'text', text: '{"ok":false}' }] } },
        { evidence: { pointer: '/content/0/text/ok' } },
      ],
      ['with null as the error', { result: { success: false, error: null } }, { class: 'other' }],
    ],
    misses: [
      ['true', { result: { success: true } }],
      ['null', { result: { success: null, x: 1 } }],
      ['a count', { result: { success: 0, failed: 0 } }],
      ['of another thing', { result: { checks: [{ ok: false }] } }],
    ],
  },
  'json.success_true': {
    hits: [
      [
        'zero failures',
        { result: { success: true, failed: 0 } },
        { outcome: 'ok', certainty: 'certain' },
      ],
      [
        'null as the error',
        { result: { error: null, message: 'done', success: true } },
        { outcome: 'ok' },
      ],
      [
        'what it talks about failed',
        { result: { success: true, status: 'failed', message: 'job 7' } },
        { outcome: 'ok' },
      ],
      ['diagnostics', { result: { ok: true, errors: ['line 3: unused'] } }, { outcome: 'ok' }],
    ],
    misses: [
      ['a text', { result: { success: 'rarely', x: 1 } }],
      ['a count', { result: { success: 3, failed: 1 } }],
    ],
  },
  'json.error_value': {
    hits: [
      [
        'a text',
        { result: { error: 'rate limit reached' } },
        { certainty: 'certain', class: 'rate_limited', evidence: { pointer: '/error' } },
      ],
      [
        'an object',
        { result: { error: { code: 5, message: 'not found' } } },
        { class: 'not_found' },
      ],
      [
        'JSON-RPC',
        { result: { jsonrpc: '2.0', id: 1, error: { code: -32_602, message: 'invalid params' } } },
        { certainty: 'certain' },
      ],
      [
        'true',
        { result: { error: true, message: 'access denied' } },
        { class: 'permission_denied' },
      ],
      [
        'a number beside a message',
        { result: { error: 7, message: 'conflict' } },
        { class: 'conflict' },
      ],
      [
        'beside what was asked for',
        { result: { error: 'page 2 timed out', results: [row] } },
        { certainty: 'likely' },
      ],
    ],
    misses: [
      ['null', { result: { results: [{ url: 'u', error: null }], error: null } }],
      ['blank', { result: { error: ' ', x: 1 } }],
      ['false', { result: { error: false, x: 1 } }],
      ['0', { result: { error: 0, message: 'x' } }],
      ['an empty list', { result: { error: [], x: 1 } }],
      ['an empty object', { result: { error: {}, x: 1 } }],
      ['a word for none', { result: { error: 'None', x: 1 } }],
      ['a count by level', { result: { info: 10, warn: 2, error: 3 } }],
      ['of another thing', { result: { rows: [{ error: 'x' }] } }],
      ['a key only', { result: { error_rate: 0.5, errors_seen: 'many' } }],
    ],
  },
  'json.errors_list': {
    hits: [
      [
        'alone',
        { result: { errors: [{ message: 'name is required' }] } },
        { certainty: 'certain', class: 'invalid_arguments', evidence: { pointer: '/errors' } },
      ],
      ['by field', { result: { errors: { name: ['is required'] } } }, { certainty: 'certain' }],
      [
        'GraphQL without data',
        { result: { errors: [{ message: 'x' }], data: null } },
        { certainty: 'certain' },
      ],
      [
        'GraphQL with data',
        { result: { errors: [{ message: 'x' }], data: { a: 1 } } },
        { certainty: 'likely' },
      ],
    ],
    misses: [
      ['an empty list', { result: { errors: [] } }],
      ['a count', { result: { files: 10, errors: 3 } }],
      ['what a linter found', { result: { file: 'a.ts', errors: ['line 3'], warnings: [] } }],
    ],
  },
  'json.status_word': {
    hits: [
      [
        'about the call only',
        { result: { status: 'error', message: 'no such user' } },
        { certainty: 'certain', class: 'not_found', evidence: { pointer: '/status' } },
      ],
      ['alone', { result: { status: 'failed' } }, { certainty: 'certain' }],
      [
        'beside other things',
        { result: { status: 'error', message: 'bad', order: 7 } },
        { certainty: 'likely' },
      ],
      ['time ran out', { result: { status: 'timeout' } }, { channel: 'timeout', class: 'timeout' }],
      ['cancelled', { result: { status: 'cancelled', reason: 'x' } }, { outcome: 'cancelled' }],
    ],
    misses: [
      ['success', { result: { status: 'success', message: 'x' } }],
      ['of the thing that was asked about', { result: { order: 7, status: 'failed', total: 3 } }],
      ['of a thing with an id', { result: { id: 'job-1', status: 'failed' } }],
      ['a thing that was cancelled', { result: { order: 7, status: 'cancelled' } }],
      ['another word', { result: { status: 'shipped' } }],
    ],
  },
  'json.error_type': {
    hits: [
      [
        'type error',
        { result: { type: 'error', message: 'overloaded' } },
        { certainty: 'certain' },
      ],
      [
        'a serialised Error',
        { result: { name: 'TypeError', message: 'x', stack: 'TypeError: x\n at y' } },
        { evidence: { pointer: '/name' } },
      ],
    ],
    misses: [
      ['no message', { result: { type: 'error', level: 3 } }],
      ['a book', { result: { name: 'The Comedy of Error', message: 'x', stack: 'shelf 3' } }],
      ['a type', { result: { type: 'errors-report', message: 'x' } }],
    ],
  },
};
