import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { containment, rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { AnyFunction } from '../framework.ts';
import { openaiAgents } from './adapter.ts';
import { identityOf } from './identity.ts';
import type { Agent, RunContext, ToolDetails } from './types.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

function wrap<F extends AnyFunction>(symbol: string, original: F): F {
  const site = { package: '@openai/agents-core', version: '0.20.0', format: 'module' } as const;
  return openaiAgents.wrap(fixture.runtime, { ...site, symbol }, original) as F;
}

const attributesOf = (name: string): Readonly<Record<string, unknown>> => sdk.span(name).attributes;

interface Invocation {
  readonly tool: { readonly name: string };
  readonly input: string;
  readonly runContext?: RunContext;
  readonly details?: ToolDetails;
}

/** `invokeFunctionTool` as the SDK has it, of a tool that does `work`. */
function invoker(work: (args: unknown, signal?: AbortSignal) => unknown) {
  return wrap('invokeFunctionTool', async ({ input, details }: Invocation) =>
    work(JSON.parse(input), details?.signal),
  );
}

/** A run of these agents, one turn each, every turn with a look at what is offered and some work. */
async function run(
  agents: readonly Agent[],
  work: (agent: Agent) => Promise<unknown>,
  options?: object,
): Promise<unknown> {
  const state: { _currentAgent: Agent | undefined } = { _currentAgent: undefined };
  const prepare = wrap('prepareAgentArtifacts', async (_state: object) => ({
    serializedTools: [],
  }));
  const loop = wrap(
    'Runner.prototype.run',
    async (_agent: Agent, _input: unknown, _options?: object) => {
      for (const agent of agents) {
        state._currentAgent = agent;
        await prepare(state);
        await work(agent);
      }
      return { interruptions: [] };
    },
  );
  return loop.call({ config: {} } as never, agents[0] ?? {}, 'hi', options);
}

test('a refused call is a text for the model, and its tool does not run', async () => {
  await fixture.enforce([rule('block', { with: { message: 'closed' } })]);
  const invoke = invoker(() => expect.unreachable());
  const toolCall = { callId: 'call_1' };
  const result = await invoke({
    tool: { name: 'refund' },
    input: '{"n":1}',
    details: { toolCall },
  });
  expect(result).toBe('closed');
  expect(attributesOf('execute_tool refund')).toMatchObject({
    'aftertrace.tool.outcome': 'denied',
    'gen_ai.tool.call.id': 'call_1',
  });
});

test('changed arguments are JSON for the tool; what it throws goes on to the runner', async () => {
  const set = { transforms: [{ pointer: '/n', set: 2 }] };
  await fixture.enforce([rule('transform', { with: set })]);
  const seen: unknown[] = [];
  const details: ToolDetails = {};
  const invoke = invoker((args, signal) => {
    seen.push(args, signal);
    throw new RangeError('no');
  });
  await expect(invoke({ tool: { name: 'refund' }, input: '{"n":1}', details })).rejects.toThrow(
    RangeError,
  );
  expect(seen).toEqual([{ n: 2 }, details.signal]);
  expect(details.signal).toBeInstanceOf(AbortSignal);
});

test('what a tool throws is a certain failure, though the SDK makes a text of it', async () => {
  let execute: unknown;
  const tool = wrap('tool', (options: { readonly execute: unknown }) => {
    execute = options.execute;
    return options;
  });
  tool({
    execute: function refund() {
      throw new RangeError('no');
    },
  });
  expect((execute as { readonly name: string }).name).toBe('refund');
  const invoke = invoker(async () =>
    (execute as () => Promise<unknown>)().catch(() => 'An error occurred.'),
  );
  expect(await invoke({ tool: { name: 'refund' }, input: '{}' })).toBe('An error occurred.');
  expect(attributesOf('execute_tool refund')).toMatchObject({
    'aftertrace.tool.failure.certainty': 'certain',
    'error.type': 'RangeError',
  });
});

describe('a run', () => {
  test('is one, whoever takes over in it, and each call belongs to who acts', async () => {
    const invoke = invoker(() => 'found');
    const work = (agent: Agent): Promise<unknown> =>
      invoke({ tool: { name: `look_${String(agent.name)}` }, input: '{}' });
    await run([{ name: 'triage' }, { name: 'billing' }, { name: 'triage' }], work);
    const [first] = sdk.spans().filter(({ name }) => name === 'invoke_agent triage');
    const billing = sdk.span('invoke_agent billing');
    expect(billing.parentSpanContext?.spanId).toBe(first?.spanContext().spanId);
    const call = sdk.span('execute_tool look_billing');
    expect(call.parentSpanContext?.spanId).toBe(billing.spanContext().spanId);
    expect(call.attributes['gen_ai.agent.name']).toBe('billing');
    const runs = new Set(sdk.spans().map(({ attributes }) => attributes['aftertrace.run.id']));
    expect(runs.size).toBe(1);
    expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
  });

  test('makes no further step once who acts in it is killed', async () => {
    const steps: unknown[] = [];
    const kill = containment({ kind: 'kill', scope: { agent: 'billing' } });
    const ended = run(
      [{ name: 'triage' }, { name: 'billing' }, { name: 'billing' }],
      async (agent) => {
        steps.push(agent.name);
        if (agent.name !== 'billing') return;
        await fixture.enforce([], [kill]);
      },
    );
    await expect(ended).rejects.toMatchObject({ code: 'run_stopped' });
    expect(steps).toEqual(['triage', 'billing']);
    expect(sdk.span('invoke_agent billing').status.code).toBe(0);
  });

  test('that a guardrail ends says so', async () => {
    class InputGuardrailTripwireTriggered extends Error {}
    const error = new InputGuardrailTripwireTriggered('no');
    await expect(run([{ name: 'a' }], () => Promise.reject(error))).rejects.toBe(error);
    const { attributes } = sdk.span('invoke_agent a');
    expect(attributes['gen_ai.response.finish_reasons']).toEqual(['content_filter']);
  });
});

describe('a person’s answer', () => {
  const contextOf = (approved: boolean | undefined): RunContext => ({
    context: { approver: { id: 'ana', reason: 'fine' } },
    isToolApproved: () => approved,
    getRejectionMessage: () => 'too dangerous',
  });
  const decisions = (): unknown[] =>
    fixture.evidence.filter(({ type }) => type === 'override').map(({ data }) => data);

  test('that approves becomes an override of the call', async () => {
    const invoke = invoker(() => 'wiped');
    const details = { toolCall: { callId: 'c' } };
    const runContext = contextOf(true);
    expect(await invoke({ tool: { name: 'wipe' }, input: '{}', details, runContext })).toBe(
      'wiped',
    );
    expect(decisions()).toMatchObject([
      { decision: 'approve', reason: 'fine', actor: { id: 'ana' } },
    ]);
  });

  test('that rejects is one of a call that is not made; while nobody has answered there is neither', async () => {
    const execute = wrap(
      'executeFunctionToolCalls',
      async (_agent: Agent, _runs: readonly object[], _runner: unknown, _state: object) => [],
    );
    const toolRun = { tool: { name: 'wipe' }, toolCall: { callId: 'c', arguments: '{}' } };
    await execute({ name: 'a' }, [toolRun], {}, { _context: contextOf(undefined) });
    expect(decisions()).toEqual([]);
    await execute({ name: 'a' }, [toolRun], {}, { _context: contextOf(false) });
    expect(decisions()).toMatchObject([{ decision: 'reject', reason: 'too dangerous' }]);
    expect(attributesOf('execute_tool wipe')).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
    });
  });
});

test('a call of a tool that there is not is told, whether it ends the run or is answered', () => {
  const output = [
    { type: 'function_call', name: 'look', callId: 'a', arguments: '{}' },
    { type: 'function_call', name: 'nope', callId: 'b', arguments: '{}' },
  ];
  const died = wrap('processModelResponse', (..._args: unknown[]) => {
    throw new Error('Tool nope not found in agent a.');
  });
  expect(() => died({ output }, {}, [{ name: 'look' }], [])).toThrow('not found');
  expect(attributesOf('execute_tool nope')).toMatchObject({
    'aftertrace.tool.failure.class': 'unknown_tool',
    'gen_ai.tool.call.id': 'b',
  });
  sdk.reset();
  const answered = { functionToolsNotFound: [{}] };
  const goes = wrap('processModelResponse', (..._args: unknown[]) => answered);
  expect(goes({ output }, {}, [{ name: 'look' }], [])).toBe(answered);
  expect(attributesOf('execute_tool nope')['aftertrace.tool.outcome']).toBe('failed');
});

test('a command that is refused is one that failed, and the tool of the application is not asked', async () => {
  await fixture.enforce([
    { ...rule('block', { with: { message: 'closed' } }), match: { tool: 'shell' } },
  ]);
  const execute = wrap(
    'executeShellActions',
    async (_agent: Agent, actions: readonly Shell[], _runner: unknown, _context: object) =>
      actions[0]?.shell.shell.run(actions[0].toolCall.action),
  );
  const shell = { name: 'shell', shell: { run: () => expect.unreachable() } };
  const action = { shell, toolCall: { callId: 'c', action: { commands: ['rm -rf /'] } } };
  await expect(execute({ name: 'a' }, [action], {}, {})).rejects.toThrow('closed');
  expect(attributesOf('execute_tool shell')['aftertrace.tool.outcome']).toBe('denied');
});

interface Shell {
  readonly shell: { readonly shell: { run(action: unknown): unknown } };
  readonly toolCall: { readonly action: unknown };
}

test.each([
  [
    { name: 'a' },
    { conversationId: 'c', context: { tenant: 't' } },
    { conversationId: 'c', tenant: 't' },
  ],
  [
    { name: 'a' },
    { context: { conversationId: 'd', onBehalfOf: 'u' } },
    { conversationId: 'd', onBehalfOf: 'u' },
  ],
  [
    { name: 'a' },
    { context: { context: { tenant: 't' }, isToolApproved: () => true } },
    { conversationId: 'group', tenant: 't' },
  ],
  [{ name: 'a' }, undefined, { conversationId: 'group' }],
])('%j with %j is %j', (agent, options, identity) => {
  const runner = { config: { groupId: 'group' } };
  expect(identityOf(agent, options, runner)).toEqual({ name: 'a', ...identity });
});
