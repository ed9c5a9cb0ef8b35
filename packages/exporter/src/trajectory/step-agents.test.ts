import { describe, expect, it } from 'vitest';

import { AGENT, chat, history, lineOf, tool } from '../testing/lines.ts';
import { spanId, type SpanInput } from '../testing/otlp-builder.ts';

const below = (parent: string, span: SpanInput): SpanInput => ({ ...span, parent });
const SUB: SpanInput = {
  id: 'sub',
  parent: 'handoff',
  from: 10,
  to: 40,
  attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'researcher' },
};
const MARK = { agent: 'researcher', agentSpanId: spanId('sub') };

describe('steps of an agent inside of an agent', () => {
  it('say whose they are: its prompt, its model calls and the tools without one; the others do not', () => {
    const line = lineOf([
      AGENT,
      chat('m1', 1, { 'gen_ai.input.messages': history(['user', 'find out']) }),
      { ...tool('handoff', 9), to: 41 },
      SUB,
      below(
        'sub',
        chat('s1', 12, {
          'gen_ai.input.messages': history(['system', 'you search']),
          'gen_ai.output.messages': history(['assistant', 'found']),
        }),
      ),
      chat('m2', 50, { 'gen_ai.output.messages': history(['assistant', 'told']) }),
    ]);
    expect(
      line.steps.map(({ source, message, extra }) => {
        const { agent, agentSpanId } = (extra?.['aftertrace'] ?? {}) as Record<string, unknown>;
        return [source, message, agent, agentSpanId];
      }),
    ).toEqual([
      ['user', 'find out', undefined, undefined],
      ['agent', '', undefined, undefined],
      ['system', 'you search', MARK.agent, MARK.agentSpanId],
      ['agent', 'found', MARK.agent, MARK.agentSpanId],
      ['agent', 'told', undefined, undefined],
    ]);
  });

  it('say so for a tool that no model call asked for', () => {
    const { steps } = lineOf([
      AGENT,
      { ...tool('handoff', 9), to: 41 },
      SUB,
      below('sub', tool('t', 20)),
    ]);
    expect(steps.map((step) => step.extra)).toEqual([undefined, { aftertrace: MARK }]);
  });

  it('are there though the tool around the agent has the name of one of its own', () => {
    const { steps, extra } = lineOf([
      AGENT,
      { ...tool('handoff', 9), to: 41 },
      SUB,
      below('sub', tool('again', 20)),
    ]);
    expect(steps).toHaveLength(2);
    expect(extra.aftertrace.toolOutcomes).toEqual({ unknown: 2 });
  });

  it('name the agent by its span where the span has no name of an agent', () => {
    const nameless = { ...SUB, attributes: { 'gen_ai.operation.name': 'invoke_agent' } };
    const { steps } = lineOf([
      AGENT,
      { ...tool('handoff', 9), to: 41 },
      { ...nameless, name: 'invoke_agent' },
      below('sub', chat('s1', 12)),
    ]);
    expect(steps.at(-1)?.extra).toMatchObject({
      aftertrace: { agent: 'invoke_agent', agentSpanId: spanId('sub') },
    });
  });
});
