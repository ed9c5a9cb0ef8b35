import type { ExamplesByRule } from './rule-examples.ts';

export const measuredExamples: ExamplesByRule = {
  'timeout.flag': {
    hits: [
      [
        'timed_out',
        { result: { timed_out: true, stdout: 'half' } },
        { channel: 'timeout', class: 'timeout', evidence: { pointer: '/timed_out' } },
      ],
      ['beside an exit code', { result: { timedOut: true, exitCode: null } }, { class: 'timeout' }],
      [
        'also where success is claimed',
        { result: { success: true, timeout: true } },
        { outcome: 'failed' },
      ],
    ],
    misses: [
      ['false', { result: { timed_out: false, x: 1 } }],
      ['a setting', { result: { timeout: 30, x: 1 } }],
    ],
  },
  'exit.nonzero': {
    hits: [
      [
        'exit_code',
        { result: { exit_code: 1, output: 'no match' } },
        { channel: 'exit_code', evidence: { pointer: '/exit_code' } },
      ],
      ['exitCode as text', { result: { exitCode: '127' } }, { class: 'not_found' }],
      [
        'code beside stderr',
        { result: { code: 2, stdout: '', stderr: 'permission denied' } },
        { class: 'permission_denied' },
      ],
      [
        'also where success is claimed',
        { result: { success: true, returncode: 1 } },
        { outcome: 'failed' },
      ],
      ['JSON text', { result: '{"exit_code": -9}' }, { channel: 'exit_code' }],
    ],
    misses: [
      ['0', { result: { exit_code: 0, output: 'x' } }],
      ['null', { result: { exit_code: null, output: 'x' } }],
      ['a country code', { result: { code: 49, name: 'Germany' } }],
      ['a truth value', { result: { exit_code: true, output: 'x' } }],
      ['a fraction', { result: { exit_code: 0.5, output: 'x' } }],
    ],
  },
  'exit.signal': {
    hits: [
      [
        'spawnSync',
        { result: { status: null, signal: 'SIGKILL', stdout: '', stderr: '' } },
        { class: 'crash', evidence: { pointer: '/signal' } },
      ],
    ],
    misses: [
      ['a traffic signal', { result: { signal: 'red', stdout: 'x' } }],
      ['a signal of another thing', { result: { signal: 'SIGNALS', x: 1 } }],
      ['no program', { result: { signal: 'SIGTERM', handler: 'on' } }],
    ],
  },
  'http.status_error': {
    hits: [
      [
        'status',
        { result: { status: 404, body: '' } },
        { channel: 'http_status', class: 'not_found', evidence: { pointer: '/status' } },
      ],
      ['statusCode as text', { result: { statusCode: '503' } }, { class: 'unavailable' }],
      [
        'code beside message',
        { result: { code: 403, message: 'forbidden' } },
        { class: 'permission_denied' },
      ],
      [
        'also where success is claimed',
        { result: { success: true, status_code: 500 } },
        { outcome: 'failed' },
      ],
    ],
    misses: [
      ['200', { result: { status: 200, body: 'x' } }],
      ['a product code', { result: { code: 404, name: 'lamp' } }],
      ['a number of rows', { result: { rows: 500, x: 1 } }],
      ['a word', { result: { status: 'shipped' } }],
      ['beyond HTTP', { result: { status: 1404, body: '' } }],
    ],
  },
  'exit.zero': {
    hits: [
      [
        'a log full of errors',
        { result: { exit_code: 0, output: 'Error: x' } },
        { outcome: 'ok', certainty: 'certain' },
      ],
    ],
    misses: [
      ['an error is told beside it', { result: { exit_code: 0, error: 'boom' } }],
      ['no program', { result: { code: 0, message: 'x' } }],
    ],
  },
};
