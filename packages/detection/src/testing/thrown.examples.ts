import { errorWith, type ExamplesByRule } from './rule-examples.ts';

export const thrownExamples: ExamplesByRule = {
  'thrown.timeout': {
    hits: [
      [
        'AbortSignal.timeout()',
        { error: errorWith({ name: 'TimeoutError' }) },
        { channel: 'timeout', class: 'timeout' },
      ],
      ['a socket that gave up', { error: errorWith({ code: 'ETIMEDOUT' }) }, { class: 'timeout' }],
      [
        'an abort whose cause is a timeout',
        { error: errorWith({ name: 'AbortError', cause: errorWith({ name: 'TimeoutError' }) }) },
        { outcome: 'failed', class: 'timeout' },
      ],
      [
        'Python',
        { error: { name: 'requests.exceptions.ReadTimeout', message: 'x' } },
        { class: 'timeout' },
      ],
      [
        'a fetch whose cause is a timeout',
        { error: errorWith({ cause: errorWith({ code: 'UND_ERR_HEADERS_TIMEOUT' }) }) },
        { class: 'timeout' },
      ],
    ],
    misses: [
      ['a name that only talks of it', { error: errorWith({ name: 'TimeoutSettingInvalid' }) }],
      ['an error that names a timeout setting', { error: errorWith({ timeout: 500 }) }],
    ],
  },
  'thrown.abort': {
    hits: [
      ['an aborted call', { error: errorWith({ name: 'AbortError' }) }, { outcome: 'cancelled' }],
      ['by its code', { error: errorWith({ code: 'ABORT_ERR' }) }, { outcome: 'cancelled' }],
      [
        'as a cause',
        { error: errorWith({ cause: errorWith({ code: 'ERR_CANCELED' }) }) },
        { outcome: 'cancelled' },
      ],
      [
        'a DOMException',
        { error: new DOMException('stop', 'AbortError') },
        { outcome: 'cancelled' },
      ],
    ],
    misses: [['the word alone', { error: new Error('AbortError: the pump was aborted') }]],
  },
  'thrown.http_status': {
    hits: [
      ['status', { error: errorWith({ status: 404 }) }, { channel: 'thrown', class: 'not_found' }],
      ['statusCode', { error: errorWith({ statusCode: 429 }) }, { class: 'rate_limited' }],
      [
        'response.status',
        { error: errorWith({ response: { status: 401 } }) },
        { class: 'unauthenticated' },
      ],
      ['error.type of OpenTelemetry', { error: { name: '404' } }, { class: 'not_found' }],
      ['written as text', { error: errorWith({ status: '503' }) }, { class: 'unavailable' }],
      ['unknown 4xx', { error: errorWith({ status: 418 }) }, { class: 'other' }],
      ['unknown 5xx', { error: errorWith({ status: 599 }) }, { class: 'internal' }],
    ],
    misses: [
      ['a status that is no error', { error: errorWith({ status: 200 }) }],
      ['a status that is not of HTTP', { error: errorWith({ status: 1200 }) }],
    ],
  },
  'thrown.code': {
    hits: [
      ['a missing file', { error: errorWith({ code: 'ENOENT' }) }, { class: 'not_found' }],
      ['nobody listens', { error: errorWith({ code: 'ECONNREFUSED' }) }, { class: 'unavailable' }],
      [
        'behind fetch',
        { error: new TypeError('fetch failed', { cause: errorWith({ code: 'ENOTFOUND' }) }) },
        { class: 'unavailable' },
      ],
      [
        'JSON-RPC: no such method',
        { error: errorWith({ code: -32_601 }) },
        { class: 'unknown_tool' },
      ],
    ],
    misses: [['a code that nobody knows', { error: errorWith({ code: 'E_SHOP_CLOSED' }) }]],
  },
  'thrown.exit_code': {
    hits: [
      [
        'child_process.exec',
        { error: errorWith({ code: 1, cmd: 'make', stdout: '', stderr: 'no rule' }) },
        { channel: 'exit_code', class: 'other' },
      ],
      ['a missing program', { error: errorWith({ exitCode: 127 }) }, { class: 'not_found' }],
      [
        'killed when its time was up',
        { error: errorWith({ code: null, killed: true, signal: 'SIGTERM', cmd: 'sleep 60' }) },
        { class: 'timeout' },
      ],
    ],
    misses: [['a number that is no exit code', { error: errorWith({ code: 7 }) }]],
  },
  'thrown.name': {
    hits: [
      [
        'Python',
        { error: { name: 'builtins.FileNotFoundError', message: 'a.txt' } },
        { class: 'not_found' },
      ],
      [
        'arguments that were refused',
        { error: errorWith({ name: 'ZodError' }) },
        { class: 'invalid_arguments' },
      ],
      [
        'a tool that does not exist',
        { error: errorWith({ name: 'AI_NoSuchToolError' }) },
        { class: 'unknown_tool' },
      ],
      ['a bug in the tool', { error: new TypeError('x is not a function') }, { class: 'internal' }],
      [
        'a name that says less than its message',
        { error: new TypeError('fetch failed') },
        { class: 'unavailable' },
      ],
    ],
    misses: [['a plain error', { error: new Error('x') }]],
  },
  'thrown.other': {
    hits: [
      ['any error', { error: new Error('the gears are stuck') }, { class: 'other' }],
      ['its message says what', { error: new Error('order 7 not found') }, { class: 'not_found' }],
      ['a text', { error: 'permission denied' }, { class: 'permission_denied' }],
      ['anything at all', { error: 42 }, { class: 'other' }],
      ['even nothing much', { error: false }, { class: 'other' }],
      ['throw undefined', { error: undefined }, { class: 'other' }],
      [
        'the message of a cause',
        { error: new Error('step 3', { cause: new Error('quota exceeded') }) },
        { class: 'rate_limited' },
      ],
    ],
    misses: [
      ['nothing was thrown', { error: undefined, result: 'fine' }],
      ['null stands for nothing', { error: null, result: 'fine' }],
      ['it returned', { error: undefined, returned: true }],
      ['neither is known', { error: undefined, result: undefined }],
    ],
  },
};
