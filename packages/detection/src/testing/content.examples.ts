import type { ExamplesByRule } from './rule-examples.ts';

export const contentExamples: ExamplesByRule = {
  'content.unseen': {
    hits: [
      [
        'the content was not captured, or the tool returns nothing',
        { returned: true },
        { outcome: 'ok', certainty: 'likely' },
      ],
      ['undefined was returned', { returned: true, result: undefined }, { outcome: 'ok' }],
    ],
    misses: [['null is a value', { returned: true, result: null }]],
  },
  'content.missing': {
    hits: [
      ['nothing is known', {}, { outcome: 'unknown', channel: 'missing' }],
      ['a status for success proves nothing', { status: 'ok' }, { outcome: 'unknown' }],
    ],
    misses: [['it returned', { returned: true }]],
  },
  'content.empty': {
    hits: [
      ['null', { result: null }, { outcome: 'empty', certainty: 'certain' }],
      ['null as text', { result: 'null' }, { outcome: 'empty' }],
      ['blank', { result: ' \n' }, { outcome: 'empty' }],
      ['an empty list', { result: [] }, { outcome: 'empty' }],
      ['an empty object', { result: {} }, { outcome: 'empty' }],
      ['as JSON text', { result: '[]' }, { outcome: 'empty' }],
      ['MCP', { result: { content: [{ type: 'text', text: '' }] } }, { outcome: 'empty' }],
      ['MCP without parts', { result: { content: [] } }, { outcome: 'empty' }],
      ['wrapped', { result: { result: [] } }, { outcome: 'empty' }],
    ],
    misses: [
      ['0', { result: 0 }],
      ['false', { result: false }],
      ['a date', { result: new Date(0) }],
      ['a map', { result: new Map([['a', 1]]) }],
    ],
  },
  'content.value': {
    hits: [
      ['an object', { result: { order: 7 } }, { outcome: 'ok', certainty: 'likely' }],
      ['text', { result: 'shipped' }, { outcome: 'ok' }],
      ['a number', { result: 0 }, { outcome: 'ok' }],
      ['a truth value', { result: false }, { outcome: 'ok' }],
      [
        'search results about errors',
        { result: [{ title: 'Error: how to read it' }] },
        { outcome: 'ok' },
      ],
      ['a function', { result: () => 1 }, { outcome: 'ok' }],
    ],
    misses: [['an empty list', { result: [] }]],
  },
};
