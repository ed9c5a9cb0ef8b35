import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { beginModelCall, type DeliveredResult, type ModelCall } from '../../model/model-call.ts';
import { toolsDigest } from '../../spans/tools-digest.ts';
import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, newScope, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import { createChat } from './chat.ts';
import { listOf, type Fields } from '../../model/fields.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

function begin(more: Partial<Parameters<typeof beginModelCall>[1]> = {}): ModelCall {
  const request = { provider: 'openai', model: 'm', signal: undefined, results: [], ...more };
  const call = fixture.scopes.run(newScope(), () => beginModelCall(fixture.runtime, request));
  void call.prepare();
  return call;
}

describe('a model call', () => {
  test('has a chat span with its facts, and counts into its run', () => {
    const call = begin({ attributes: () => ({ 'gen_ai.request.temperature': 1 }) });
    const answer = { id: 'x', model: 'm-1', usage: { prompt_tokens: 3, completion_tokens: 4 } };
    call.end({ ...createChat().response(answer), url: 'http://127.0.0.1:1/v1' });
    const { attributes } = sdk.span('chat m');
    expect(attributes).toMatchObject({
      'gen_ai.request.temperature': 1,
      'gen_ai.response.model': 'm-1',
      'gen_ai.usage.input_tokens': 3,
      'server.port': 1,
    });
    expect(call.scope.run).toMatchObject({ steps: 1, inputTokens: 3, outputTokens: 4 });
  });

  test('tells rules which tools it offers, and takes their digest only when one asks', async () => {
    let times = 0;
    const offered = [{ name: 'look', inputSchema: {} }];
    const scope = { ...newScope(), versions: {} as { toolsDigest?: string } };
    const tools = (): typeof offered => {
      times += 1;
      return offered;
    };
    const request = { provider: 'openai', model: 'm', signal: undefined, results: [], tools };
    const call = fixture.scopes.run(scope, () => beginModelCall(fixture.runtime, request));
    void call.prepare();
    expect(times).toBe(0);
    await call.judge([
      { tool: 'look', toolCallId: 'a', arguments: {} },
      { tool: 'pay', toolCallId: 'b', arguments: {} },
    ]);
    expect(times).toBe(1);
    expect(scope.versions.toolsDigest).toBe(toolsDigest(offered));
  });

  test('is refused to an agent that was killed, and aborts where the kill comes later', async () => {
    const kill = containment({ kind: 'kill', scope: { agent: 'support' } });
    const request = { provider: 'openai', model: 'm', signal: undefined, results: [] };
    const call = beginModelCall(fixture.runtime, request);
    void call.prepare();
    expect(call.signal?.aborted).toBe(false);
    await fixture.enforce([], [kill]);
    expect(call.signal?.aborted).toBe(true);
    expect(call.fail(new Error('aborted'))).toMatchObject({ code: 'run_stopped' });
    sdk.reset();
    expect(() => begin()).toThrow('stopped');
    expect(sdk.spans()).toEqual([]);
  });

  test('outside any run goes on in the run of the answer whose calls it brings', async () => {
    const request = { provider: 'openai', model: 'm', signal: undefined };
    const first = beginModelCall(fixture.runtime, { ...request, results: [] });
    void first.prepare();
    await first.judge([{ tool: 'look', toolCallId: 'z', arguments: {} }]);
    first.end({ ...createChat().response({}), url: undefined });
    const asked = { tool: 'look', toolCallId: 'z', arguments: {} };
    const results = [{ toolCallId: 'z', source: {}, asked, result: 'found' }];
    const second = beginModelCall(fixture.runtime, { ...request, results });
    expect(await second.prepare()).toEqual(new Map());
    second.end({ ...createChat().response({}), url: undefined });
    expect(second.scope.run).toBe(first.scope.run);
    const traces = new Set(sdk.spans().map((span) => span.spanContext().traceId));
    expect(sdk.spans()).toHaveLength(3);
    expect(traces.size).toBe(1);
  });

  test('is told the same of a result each time that the application brings it, and of the last where ids repeat', async () => {
    const pointer = { redactions: [{ in: 'result' as const, pointer: '/card' }] };
    await fixture.enforce([rule('redact', { match: { tool: 'look' }, with: pointer })]);
    const chat = createChat();
    const asking = (q: number) => ({
      role: 'assistant',
      tool_calls: [{ id: 'call_0', function: { name: 'look', arguments: JSON.stringify({ q }) } }],
    });
    const result = (card: number) => ({
      role: 'tool',
      tool_call_id: 'call_0',
      content: JSON.stringify({ card }),
    });
    const messages: Fields[] = [];
    const scope = newScope();
    const sent = async (): Promise<readonly Fields[]> => {
      const request = { provider: 'openai', model: 'm', signal: undefined };
      const results = chat.results({ messages });
      const call = fixture.scopes.run(scope, () =>
        beginModelCall(fixture.runtime, { ...request, results }),
      );
      const delivered = (await call.prepare()) ?? new Map<object, DeliveredResult>();
      return listOf(chat.withResults({ messages }, delivered)['messages']);
    };
    for (const card of [1, 2]) {
      await fixture.scopes
        .run(scope, () =>
          beginModelCall(fixture.runtime, {
            provider: 'openai',
            model: 'm',
            signal: undefined,
            results: [],
          }),
        )
        .judge([{ tool: 'look', toolCallId: 'call_0', arguments: { q: card } }]);
      messages.push(asking(card), result(card));
      const [last, again] = [await sent(), await sent()];
      expect(JSON.stringify(last)).not.toMatch(/card[^}]*\d/);
      expect(again).toEqual(last);
    }
    expect(fixture.proposals.size).toBe(0);
  });
});
