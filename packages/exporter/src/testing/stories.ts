import type { LogInput, SpanInput } from './otlp-builder.ts';

/** Telemetry of one run of an agent of ours, as `@aftertrace/instrumentation` sends it. */
export interface Story {
  readonly spans: readonly SpanInput[];
  readonly logs: readonly LogInput[];
}

const messages = (list: readonly unknown[]): string => JSON.stringify(list);
const say = (role: string, content: string): unknown => ({
  role,
  parts: [{ type: 'text', content }],
});

const SYSTEM = say('system', 'You help customers.');
const QUESTION = say('user', 'Refund order 7, mail me at ana@example.com');
const PROPOSAL = {
  role: 'assistant',
  parts: [{ type: 'tool_call', id: 'c1', name: 'refund', arguments: { order: 7, big: 1 } }],
};
const RESULT = {
  role: 'tool',
  parts: [
    { type: 'tool_call_response', id: 'c1', response: { success: false, error: 'card declined' } },
  ],
};
const ANSWER = say('assistant', 'That did not work, sorry.');

/** A refund whose tool returns `{success: false}`: model, tool, model, and events of start, outcome and end. */
export function refundStory(run = 'run-1', trace?: string): Story {
  const place = trace === undefined ? {} : { trace };
  const ours = {
    'aftertrace.run.id': run,
    'gen_ai.agent.name': 'support',
    'gen_ai.conversation.id': 'conv-1',
  };
  const outcome = {
    'aftertrace.tool.outcome': 'failed',
    'aftertrace.tool.failure.certainty': 'certain',
    'aftertrace.tool.failure.channel': 'result',
    'aftertrace.tool.failure.class': 'not_applied',
    'aftertrace.tool.failure.rule': 'json.success_false',
  };
  return {
    spans: [
      {
        ...place,
        id: `m1`,
        parent: 'agent',
        name: 'chat gpt',
        from: 10,
        to: 20,
        attributes: {
          ...ours,
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt',
          'gen_ai.usage.input_tokens': 11,
          'gen_ai.usage.output_tokens': 3,
          'gen_ai.input.messages': messages([SYSTEM, QUESTION]),
          'gen_ai.output.messages': messages([PROPOSAL]),
          'gen_ai.response.finish_reasons': ['tool_calls'],
        },
      },
      {
        ...place,
        id: 't1',
        parent: 'agent',
        name: 'execute_tool refund',
        from: 30,
        to: 42.5,
        error: 'json.success_false',
        attributes: {
          ...ours,
          ...outcome,
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'refund',
          'gen_ai.tool.call.id': 'c1',
          'gen_ai.tool.call.arguments': '{"order":7,"big":12345678901234567890}',
          'gen_ai.tool.call.result':
            '{"success":false,"error":"card declined","card":"4111 1111 1111 1111"}',
        },
      },
      {
        ...place,
        id: 'm2',
        parent: 'agent',
        name: 'chat gpt',
        from: 50,
        to: 60,
        attributes: {
          ...ours,
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt',
          'gen_ai.usage.input_tokens': 20,
          'gen_ai.usage.output_tokens': 5,
          'gen_ai.input.messages': messages([SYSTEM, QUESTION, PROPOSAL, RESULT]),
          'gen_ai.output.messages': messages([ANSWER]),
          'gen_ai.response.finish_reasons': ['stop'],
        },
      },
      {
        ...place,
        id: 'agent',
        name: 'invoke_agent support',
        from: 0,
        to: 70,
        attributes: {
          ...ours,
          'gen_ai.operation.name': 'invoke_agent',
          'aftertrace.agent.version': '1.4.2',
        },
      },
    ],
    logs: [
      {
        ...place,
        event: 'aftertrace.run.started',
        span: 'agent',
        at: 0,
        attributes: { ...ours, 'aftertrace.run.sampled': true },
      },
      {
        ...place,
        event: 'aftertrace.tool.outcome',
        span: 't1',
        at: 42,
        attributes: {
          ...ours,
          ...outcome,
          'gen_ai.tool.name': 'refund',
          'gen_ai.tool.call.id': 'c1',
        },
      },
      {
        ...place,
        event: 'aftertrace.run.ended',
        span: 'agent',
        at: 70,
        attributes: {
          ...ours,
          'aftertrace.run.sampled': true,
          'gen_ai.response.finish_reasons': ['stop'],
        },
      },
    ],
  };
}

/** A run of an agent that knows nothing of us: OpenTelemetry names, no run id, no content. */
export function foreignStory(trace: string, finish = 'stop'): readonly SpanInput[] {
  return [
    {
      trace,
      id: 'chat',
      parent: 'root',
      from: 5,
      to: 9,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt',
        'gen_ai.response.finish_reasons': [finish],
      },
    },
    {
      trace,
      id: 'root',
      from: 0,
      to: 10,
      attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'clerk' },
    },
  ];
}
