import type { ExamplesByRule } from './rule-examples.ts';

const flights = {
  id: 'flights',
  tools: ['find flights'],
  whenEmpty: 'failed',
  failure: [{ pointer: '/meta/state', equals: 'REFUSED' }],
  success: [{ pointer: '/meta/state', equals: 'DONE' }],
} as const;

export const profileExamples: ExamplesByRule = {
  'profile.failure': {
    hits: [
      [
        'a member that the profile names',
        { profile: flights, result: { meta: { state: 'REFUSED' }, success: true } },
        { outcome: 'failed', certainty: 'certain', evidence: { pointer: '/meta/state' } },
      ],
    ],
    misses: [['another value', { profile: flights, result: { meta: { state: 'HELD' } } }]],
  },
  'profile.success': {
    hits: [
      [
        'a member that the profile names',
        { profile: flights, result: '{"meta":{"state":"DONE"},"error":"a note"}' },
        { outcome: 'ok', certainty: 'certain' },
      ],
    ],
    misses: [['no profile', { result: { meta: { state: 'DONE' } } }]],
  },
  'profile.exit_code': {
    hits: [
      [
        'grep found nothing',
        { tool: 'bash', arguments: { command: 'cat a | grep x' }, exitCode: 1, result: '' },
        { outcome: 'empty', certainty: 'certain', channel: 'exit_code' },
      ],
      [
        'diff found differences',
        { tool: 'bash', arguments: { command: 'diff a b' }, exitCode: 1, result: '1c1\n< a\n> b' },
        { outcome: 'ok' },
      ],
      [
        'in the result',
        {
          tool: 'shell',
          arguments: { command: ['rg', 'x'] },
          result: { exit_code: 1, stdout: '', stderr: '' },
        },
        { outcome: 'empty' },
      ],
      [
        'tests that failed',
        {
          tool: 'bash',
          arguments: { command: 'cd a && pytest -q' },
          exitCode: 1,
          result: '1 failed',
        },
        { outcome: 'ok' },
      ],
    ],
    misses: [
      [
        'grep could not read',
        {
          tool: 'bash',
          arguments: { command: 'grep x y' },
          exitCode: 2,
          result: 'grep: y: No such file',
        },
      ],
      [
        'something before grep went wrong',
        {
          tool: 'bash',
          arguments: { command: 'cd nowhere && grep x y' },
          exitCode: 1,
          result: 'bash: cd: nowhere: No such file or directory',
        },
      ],
      [
        'another program',
        { tool: 'bash', arguments: { command: 'make' }, exitCode: 1, result: '' },
      ],
    ],
  },
  'profile.empty': {
    hits: [
      ['that is no answer here', { profile: flights, result: [] }, { outcome: 'failed' }],
      ['as JSON text', { profile: flights, result: '{}' }, { outcome: 'failed' }],
    ],
    misses: [
      ['a normal answer elsewhere', { result: [] }],
      ['not empty', { profile: flights, result: [1] }],
    ],
  },
};
