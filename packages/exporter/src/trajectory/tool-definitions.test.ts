import { describe, expect, it } from 'vitest';

import { AGENT, chat, history, lineOf } from '../testing/lines.ts';

const SCHEMA = { type: 'object', properties: { order: { type: 'string', 'x-own': 1 } } };
const EXPECTED = {
  type: 'function',
  function: { name: 'refund', description: 'pays back', parameters: SCHEMA },
};

function definitionsOf(...definitions: readonly unknown[]): unknown {
  const attributes = {
    'gen_ai.tool.definitions': JSON.stringify(definitions),
    'gen_ai.output.messages': history(['assistant', 'hi']),
  };
  return lineOf([AGENT, chat('m', 1, attributes)]).agent.tool_definitions;
}

describe('tool definitions of a line', () => {
  it.each([
    ["OpenAI's own", EXPECTED],
    [
      "OpenTelemetry's",
      { type: 'function', name: 'refund', description: 'pays back', parameters: SCHEMA },
    ],
    [
      "the AI SDK's",
      { type: 'function', name: 'refund', description: 'pays back', inputSchema: SCHEMA },
    ],
    ["Anthropic's", { name: 'refund', description: 'pays back', input_schema: SCHEMA }],
    ['JSON text of one', JSON.stringify(EXPECTED)],
  ])('are written as OpenAI function schemas: %s', (_whose, definition) => {
    expect(definitionsOf(definition)).toEqual([EXPECTED]);
  });

  it('stand once, whoever told of them in which form', () => {
    const { function: inner } = EXPECTED;
    expect(
      definitionsOf(EXPECTED, { type: 'function', ...inner }, { ...inner, cache: true }),
    ).toEqual([EXPECTED]);
  });

  it('keep what is known of a tool without a schema, and leave out what names no tool', () => {
    expect(
      definitionsOf(
        { type: 'provider', id: 'openai.web_search', name: 'web_search', args: {} },
        { type: 'function', name: 'now', parameters: 'none', description: 7 },
        { type: 'function' },
        { name: '' },
        [1],
        null,
        'words',
      ),
    ).toEqual([
      { type: 'function', function: { name: 'web_search' } },
      { type: 'function', function: { name: 'now' } },
    ]);
  });
});
