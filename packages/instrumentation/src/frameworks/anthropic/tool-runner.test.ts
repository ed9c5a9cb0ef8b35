import * as api from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, override, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { AnyFunction } from '../framework.ts';
import { anthropic } from './adapter.ts';
import type { RunContext, RunnableTool, ToolUse } from './types.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

const PACKAGE = '@anthropic-ai/sdk';
const EARLY = '0.70.0';
const TRACED = '1.12.0';
type Version = typeof EARLY | typeof TRACED;

function wrapped<F extends AnyFunction>(version: string, symbol: string, original: F): F {
  const site = { package: PACKAGE, version, format: 'module', symbol } as const;
  return anthropic.wrap(fixture.runtime, site, original) as F;
}

interface Result {
  readonly content: unknown;
  readonly isError: boolean;
}

/** As the SDK's own: what a tool throws is a result for the model. */
async function runRunnableTool(
  tool: RunnableTool,
  input: unknown,
  context?: RunContext,
): Promise<Result> {
  try {
    const parsed = tool.parse === undefined ? input : tool.parse(input);
    return { content: await tool.run(parsed, context), isError: false };
  } catch (error) {
    return { content: `Error: ${(error as Error).message}`, isError: true };
  }
}

type SpanArguments = readonly [
  client: unknown,
  tool: RunnableTool,
  use: ToolUse,
  options: { parentContext?: api.Context; signal?: AbortSignal },
  execute: () => Promise<Result>,
];

interface Step {
  readonly tool: RunnableTool;
  readonly use: ToolUse;
}

/** Of a copy of the API that no SDK has registered with: its contexts are nobody's either. */
const DEAD = { startSpan: () => api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT) };

/**
 * A runner as the two shapes of the SDK have it: one yield a message, then its tools. The early one knows neither contexts
 * nor spans; the traced one opens spans of its own, and sets them OK whatever the tool returned.
 */
function createRunner(
  version: Version,
  calls: readonly ToolUse[],
  tools: readonly RunnableTool[],
  tracer: Pick<api.Tracer, 'startSpan'> = api.trace.getTracer('com.anthropic.sdk.typescript'),
) {
  const results: Result[] = [];
  const run = wrapped(TRACED, 'runRunnableTool', runRunnableTool);
  const startSpan = wrapped(TRACED, 'startToolRunnerSpan', () =>
    tracer.startSpan('anthropic.messages.tool_runner'),
  );
  const inSpan = wrapped(TRACED, 'withToolUseSpan', async (...given: SpanArguments) => {
    const [, , use, { parentContext = api.context.active(), signal }, execute] = given;
    const span = tracer.startSpan(
      `anthropic.custom_tool_use ${String(use.name)}`,
      {},
      parentContext,
    );
    const result =
      tracer === DEAD
        ? await execute()
        : await api.context.with(api.trace.setSpan(parentContext, span), execute);
    const { ERROR, OK } = api.SpanStatusCode;
    if (!result.isError) span.setStatus({ code: OK });
    else if (signal?.aborted !== true) span.setStatus({ code: ERROR });
    span.end();
    return result;
  });
  const traced = ({ tool, use }: Step, parentContext: api.Context): Promise<Result> =>
    inSpan({ _tracer: tracer }, tool, use, { parentContext }, () =>
      run(tool, use.input, { toolUse: use }),
    );
  const early = ({ tool, use }: Step): Promise<Result> => runRunnableTool(tool, use.input);
  const start = (params: { readonly tools: readonly RunnableTool[] }) => ({
    params,
    async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
      const span = version === TRACED ? startSpan() : undefined;
      const context = api.context.active();
      const inside = span === undefined ? context : api.trace.setSpan(context, span);
      yield { content: calls, stop_reason: 'tool_use' };
      for (const use of calls) {
        const tool = params.tools.find(({ name }) => name === use.name) as RunnableTool;
        const step = { tool, use };
        results.push(await (version === TRACED ? traced(step, inside) : early(step)));
      }
      yield { content: [{ type: 'text', text: 'done' }], stop_reason: 'end_turn' };
      span?.end();
    },
  });
  const client = version === TRACED ? { _tracer: tracer } : {};
  const messages = { _client: client, toolRunner: start };
  messages.toolRunner = wrapped(version, 'Messages.prototype.toolRunner', start);
  return { runner: messages.toolRunner({ tools }), results };
}

async function drain(runner: AsyncIterable<unknown>): Promise<void> {
  for await (const _message of runner) {
    // Only looked at from inside.
  }
}

function use(name: string, input: unknown, id = `toolu_${name}`): ToolUse {
  return { type: 'tool_use', id, name, input };
}

function tool(name: string, run: RunnableTool['run'] = () => `${name} done`): RunnableTool {
  return { name, description: `does ${name}`, run };
}

describe.each<Version>([EARLY, TRACED])('the tool runner of %s', (version) => {
  const nameOf = (name: string): string =>
    version === TRACED ? `anthropic.custom_tool_use ${name}` : `execute_tool ${name}`;

  test('is one run: what its tools gave is judged, whatever their spans say', async () => {
    const { runner, results } = createRunner(
      version,
      [use('lookup', { q: 1 }), use('soft', {})],
      [tool('lookup'), tool('soft', () => '{"success":false}')],
    );
    await drain(runner);
    expect(results.map(({ content }) => content)).toEqual(['lookup done', '{"success":false}']);
    expect(sdk.span(nameOf('lookup')).attributes).toMatchObject({
      'aftertrace.tool.outcome': 'ok',
      'gen_ai.agent.name': 'support',
    });
    const soft = sdk.span(nameOf('soft'));
    expect(soft.attributes['aftertrace.tool.outcome']).toBe('failed');
    const { OK, ERROR } = api.SpanStatusCode;
    expect(soft.status.code).toBe(version === TRACED ? OK : ERROR);
    expect(sdk.events('aftertrace.tool.outcome')).toHaveLength(1);
    const [ended] = sdk.events('aftertrace.run.ended');
    expect(ended?.attributes).toMatchObject({
      'gen_ai.response.finish_reasons': ['stop'],
      'aftertrace.run.tool_calls': 2,
    });
    const root = sdk.spans().filter((span) => span.parentSpanContext === undefined);
    expect(root.map(({ name }) => name)).toEqual([
      version === TRACED ? 'anthropic.messages.tool_runner' : 'invoke_agent support',
    ]);
    expect(root[0]?.attributes['aftertrace.run.id']).toBeDefined();
    expect(sdk.events('aftertrace.run.started')[0]?.spanContext?.spanId).toBe(
      root[0]?.spanContext().spanId,
    );
  });

  test('tells the model of a refusal, goes on, and has a span of it that is no error', async () => {
    await fixture.enforce([rule('block', { with: { message: 'refunds are closed' } })]);
    let ran = 0;
    const { runner, results } = createRunner(
      version,
      [use('refund', { amount: 9 })],
      [tool('refund', () => (ran += 1))],
    );
    await drain(runner);
    expect(ran).toBe(0);
    expect(results).toEqual([{ content: 'Error: refunds are closed', isError: true }]);
    const span = sdk.span('execute_tool refund');
    expect(span.status.code).toBe(api.SpanStatusCode.UNSET);
    expect(span.attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'gen_ai.tool.call.id': 'toolu_refund',
    });
    expect(sdk.spans()).toHaveLength(2);
  });

  test('parses what policy made of the arguments, and gives on what policy made of the result', async () => {
    await fixture.enforce([
      rule('redact', {
        match: { tool: 'refund' },
        with: { redactions: [{ pointer: '/card' }, { pointer: '/secret', in: 'result' }] },
      }),
    ]);
    const given: unknown[] = [];
    const refund = {
      ...tool('refund', (input) => {
        given.push(input);
        return 'ok';
      }),
      parse: (input: unknown) => ({ parsed: input }),
    };
    const input = { card: '4111', amount: 1 };
    const { runner, results } = createRunner(version, [use('refund', input)], [refund]);
    await drain(runner);
    expect(given).toEqual([{ parsed: { card: '[REDACTED]', amount: 1 } }]);
    expect(input.card).toBe('4111');
    expect(results[0]?.isError).toBe(false);
  });

  test('counts input that the tool does not take as a call that was not made', async () => {
    const picky = {
      ...tool('refund'),
      parse: () => {
        throw new TypeError('amount is missing');
      },
    };
    const { runner, results } = createRunner(version, [use('refund', {})], [picky]);
    await drain(runner);
    expect(results[0]).toEqual({ content: 'Error: amount is missing', isError: true });
    const [outcome] = sdk.events('aftertrace.tool.outcome');
    expect(outcome?.attributes).toMatchObject({
      'aftertrace.tool.failure.channel': 'framework',
      'aftertrace.tool.failure.class': 'invalid_arguments',
    });
  });

  test('waits for a person, whose time is not the tool’s', async () => {
    await fixture.enforce([rule('escalate')]);
    fixture.answer = () => Promise.resolve({ kind: 'answered', override: override() });
    const { runner, results } = createRunner(version, [use('refund', {})], [tool('refund')]);
    await drain(runner);
    expect(fixture.asked).toHaveLength(1);
    expect(results[0]?.content).toBe('refund done');
    expect(sdk.span(nameOf('refund')).attributes['aftertrace.override.decision']).toBe('approve');
  });

  test('is stopped by a kill: no further step, and its caller is told why', async () => {
    const refund = tool('refund', async () => {
      await fixture.enforce([], [containment({ kind: 'kill', scope: { agent: 'support' } })]);
      return 'late';
    });
    const { runner, results } = createRunner(version, [use('refund', {})], [refund]);
    await drain(runner).catch(() => undefined);
    expect(results[0]?.isError).toBe(true);
    const [outcome] = sdk.events('aftertrace.tool.outcome');
    expect(outcome?.attributes['aftertrace.tool.outcome']).toBe('cancelled');
    expect(sdk.span(nameOf('refund')).status.code).toBe(api.SpanStatusCode.UNSET);
    const [ended] = sdk.events('aftertrace.run.ended');
    expect(ended?.attributes['aftertrace.run.outcome']).toBe('terminated');
  });
});

test('spans of an SDK whose copy of the API nobody has registered with are ours', async () => {
  const { runner } = createRunner(
    TRACED,
    [use('lookup', {}), use('soft', {})],
    [tool('lookup'), tool('soft', () => '{"success":false}')],
    DEAD,
  );
  await drain(runner);
  const agent = sdk.span('invoke_agent support');
  for (const name of ['lookup', 'soft']) {
    expect(sdk.span(`execute_tool ${name}`).parentSpanContext?.spanId).toBe(
      agent.spanContext().spanId,
    );
  }
  expect(sdk.spans()).toHaveLength(3);
  expect(agent.attributes['gen_ai.tool.name']).toBeUndefined();
});

test('a call of a tool that is not there is a failed one', async () => {
  const gone = use('gone', { q: 1 });
  const content = "Error: Tool 'gone' not found";
  const result = { type: 'tool_result', tool_use_id: gone.id, content, is_error: true };
  const notFound = wrapped(TRACED, 'toolNotFoundResult', (_use: ToolUse) => result);
  expect(notFound(gone)).toBe(result);
  const answer = { role: 'user', content: [result, { ...result, tool_use_id: 'other' }] };
  const early = wrapped(EARLY, 'generateToolResponse', (..._args: unknown[]) =>
    Promise.resolve(answer),
  );
  const said = { role: 'assistant', content: [gone, { type: 'text', text: 'hm' }] };
  expect(await early({ messages: [said] })).toBe(answer);
  expect(await early({}, said)).toBe(answer);
  const events = sdk.events('aftertrace.tool.outcome');
  expect(events.map(({ attributes }) => attributes?.['aftertrace.tool.failure.class'])).toEqual([
    'unknown_tool',
    'unknown_tool',
    'unknown_tool',
  ]);
  expect(events[0]?.attributes).toMatchObject({ 'gen_ai.tool.name': 'gone' });
});

test('tools that are set later are guarded too, in versions that call them themselves', async () => {
  await fixture.enforce([rule('block')]);
  let params: { tools: readonly RunnableTool[] } = { tools: [] };
  const runner = {
    setMessagesParams: (given: (before: typeof params) => typeof params) => {
      params = given(params);
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
      yield { content: [] };
    },
  };
  const start = wrapped(EARLY, 'Messages.prototype.toolRunner', (_params: typeof params) => runner);
  start.call({ _client: {} }, params);
  runner.setMessagesParams((before) => ({ ...before, tools: [tool('refund')] }));
  const [refund] = params.tools;
  await expect(Promise.resolve(refund?.run({}))).rejects.toThrow(/rule-block/);
});

test('a member of a toolset is refused as a result of the toolset', async () => {
  await fixture.enforce([rule('block', { match: { tool: 'left_click' } })]);
  const member = wrapped(
    TRACED,
    'runToolsetMember',
    async (set: { run: (context: RunContext, use: ToolUse) => unknown }, call: ToolUse) => {
      try {
        return { content: await set.run({}, call), is_error: false };
      } catch (error) {
        return { content: (error as Error).message, is_error: true };
      }
    },
  );
  const toolset = { run: () => 'clicked' };
  expect(await member(toolset, use('left_click', { x: 1 }))).toMatchObject({ is_error: true });
  expect(await member(toolset, use('screenshot', {}))).toMatchObject({ content: 'clicked' });
});

test('a call whose span is the SDK’s is decided before that span opens', async () => {
  const opened: string[] = [];
  await fixture.enforce([rule('block')]);
  const inSpan = wrapped(TRACED, 'withToolUseSpan', async (...args: unknown[]) => {
    opened.push(String((args[2] as ToolUse).name));
    return (args[4] as () => unknown)();
  });
  await inSpan({ _tracer: {} }, tool('refund'), use('refund', {}), {}, () => 'refused');
  await inSpan({ _tracer: {} }, tool('lookup'), use('lookup', {}), {}, () => 'ran');
  expect(opened).toEqual(['lookup']);
});

test('a tool that makes another call of the SDK does not lend it its own clearance', async () => {
  await fixture.enforce([rule('block', { match: { tool: 'wipe' }, with: { message: 'closed' } })]);
  const run = wrapped(TRACED, 'runRunnableTool', runRunnableTool);
  const inSpan = wrapped(TRACED, 'withToolUseSpan', (...args: unknown[]) =>
    (args[4] as () => unknown)(),
  );
  const wiped: unknown[] = [];
  const inner = tool('wipe', (input) => wiped.push(input));
  const outer = tool('look', () => run(inner, { all: true }, { toolUse: use('wipe', {}) }));
  const toolUse = use('look', { q: 1 });
  const result = await inSpan({}, outer, toolUse, {}, () => run(outer, toolUse.input, { toolUse }));
  expect(wiped).toEqual([]);
  expect(result).toEqual({
    content: { content: 'Error: closed', isError: true },
    isError: false,
  });
});
