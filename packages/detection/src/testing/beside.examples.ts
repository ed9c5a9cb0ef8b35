import type { ExamplesByRule } from './rule-examples.ts';

export const besideExamples: ExamplesByRule = {
  'beside.status': {
    hits: [
      [
        'a word',
        { status: 'error', result: 'no such table' },
        { channel: 'framework', class: 'not_found' },
      ],
      ['OpenTelemetry', { status: 'STATUS_CODE_ERROR' }, { class: 'other' }],
      ['time ran out', { status: 'timed_out' }, { channel: 'timeout', class: 'timeout' }],
      ['cancelled', { status: 'canceled', result: 'partial' }, { outcome: 'cancelled' }],
      ['never ran', { status: 'denied' }, { outcome: 'denied' }],
    ],
    misses: [
      ['success proves nothing', { status: 'ok', result: { success: false } }],
      ['unset', { status: 'UNSET', result: 'x' }],
      ['a sentence', { status: 'there was an error on page 3', result: 'x' }],
    ],
  },
  'beside.exit_code': {
    hits: [
      ['other than 0', { exitCode: 2, result: 'usage: …' }, { channel: 'exit_code' }],
      ['a signal', { exitCode: 137 }, { class: 'crash' }],
      ['a negative one', { exitCode: -1 }, { class: 'other' }],
    ],
    misses: [
      ['0', { exitCode: 0, result: 'x' }],
      ['not a number', { exitCode: Number.NaN, result: 'x' }],
    ],
  },
  'beside.http_status': {
    hits: [
      [
        '404',
        { httpStatus: 404, result: '<html>' },
        { channel: 'http_status', class: 'not_found' },
      ],
      ['500', { httpStatus: 500 }, { class: 'internal' }],
    ],
    misses: [
      ['a redirect', { httpStatus: 302, result: 'x' }],
      ['not a number', { httpStatus: Number.NaN, result: 'x' }],
    ],
  },
  'beside.exit_zero': {
    hits: [
      [
        'a log full of errors',
        { exitCode: 0, result: 'Error: one\nError: two' },
        { outcome: 'ok', certainty: 'certain' },
      ],
    ],
    misses: [
      ['the structure says otherwise', { exitCode: 0, result: { ok: false } }],
      ['not 0', { exitCode: 1, result: 'x' }],
    ],
  },
  'beside.http_ok': {
    hits: [['200', { httpStatus: 200, result: 'Error: is a film' }, { outcome: 'ok' }]],
    misses: [['an envelope in a 200', { httpStatus: 200, result: { error: 'not today' } }]],
  },
};
