import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../../testing/adapter-runtime.ts';
import { rule } from '../../testing/guard-fixture.ts';
import { startRecordingSdk } from '../../testing/recording-sdk.ts';
import type { AnyFunction } from '../framework.ts';
import { claudeAgent } from './adapter.ts';
import { PACKAGE } from './targets.ts';
import type { HookInput, HookOutput, Options, PermissionResult, QueryParams } from './types.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});
afterEach(() => sdk.reset());

/** What Claude Code does, as the test plays it: it asks hooks and yields messages. */
type Play = (code: ClaudeCode) => AsyncGenerator<object, void>;

interface ClaudeCode {
  readonly options: Options;
  readonly hook: (event: string, input: HookInput) => Promise<readonly HookOutput[]>;
  readonly permission: (tool: string, input: object, id: string) => Promise<PermissionResult>;
}

function start(play: Play, options: Options = {}): AsyncGenerator<unknown, void> {
  const site = { package: PACKAGE, version: '0.3.330', format: 'module', symbol: 'query' } as const;
  const original = ({ options: given = {} }: QueryParams): AsyncGenerator<object, void> =>
    play({
      options: given,
      hook: async (event, input) => {
        const hooks = (given.hooks?.[event] ?? []).flatMap((matcher) => matcher.hooks);
        return Promise.all(hooks.map((hook) => hook({ hook_event_name: event, ...input })));
      },
      permission: async (tool, input, toolUseID) =>
        (await given.canUseTool?.(tool, input as Record<string, unknown>, { toolUseID })) ?? {},
    });
  const query = claudeAgent.wrap(fixture.runtime, site, original as AnyFunction);
  return (query as typeof original)({ options });
}

async function drain(messages: AsyncGenerator<unknown, void>): Promise<void> {
  for await (const _message of messages) {
    // Only looked at from inside.
  }
}

const REFUND = { tool_name: 'refund', tool_input: { amount: 5 }, tool_use_id: 'toolu_1' };
const SUCCESS = {
  type: 'result',
  subtype: 'success',
  usage: { input_tokens: 7, output_tokens: 3 },
};

function outcomes(): readonly unknown[] {
  return sdk
    .spans()
    .filter(({ name }) => name.startsWith('execute_tool'))
    .map(({ attributes }) => attributes['aftertrace.tool.outcome']);
}

test('a call that may run is under way until Claude Code tells what became of it', async () => {
  await drain(
    start(async function* play({ hook }) {
      expect(await hook('PreToolUse', REFUND)).toEqual([{}]);
      expect(outcomes()).toEqual([]);
      expect(await hook('PostToolUse', { ...REFUND, tool_response: { paid: true } })).toEqual([{}]);
      yield { type: 'assistant', session_id: 'chat-9', message: { id: 'm1', content: [] } };
      yield SUCCESS;
    }),
  );
  expect(outcomes()).toEqual(['ok']);
  const [ended] = sdk.events('aftertrace.run.ended');
  expect(ended?.attributes).toMatchObject({
    'gen_ai.conversation.id': 'chat-9',
    'gen_ai.usage.input_tokens': 7,
    'aftertrace.run.steps': 1,
    'gen_ai.response.finish_reasons': ['stop'],
  });
});

test('a call that policy refuses is denied with the reason, whatever the application’s hooks say', async () => {
  await fixture.enforce([rule('block', { with: { message: 'refunds are closed' } })]);
  const own = { hooks: [() => Promise.resolve({})] };
  await drain(
    start(
      async function* play({ hook }) {
        expect(await hook('PreToolUse', REFUND)).toMatchObject([
          {},
          {
            hookSpecificOutput: {
              permissionDecision: 'deny',
              permissionDecisionReason: 'refunds are closed',
            },
          },
        ]);
        yield SUCCESS;
      },
      { hooks: { PreToolUse: [own] } },
    ),
  );
  expect(outcomes()).toEqual(['denied']);
});

describe('arguments that policy changed', () => {
  const redact = rule('redact', { with: { redactions: [{ pointer: '/amount' }] } });
  const updatedInput = { amount: '[REDACTED]' };

  test.each([
    ['ask', {}, {}],
    ['allow', { allowedTools: ['refund'] }, {}],
    ['allow', {}, { permission_mode: 'bypassPermissions' }],
  ])('never widen what permissions allow: %s with %j %j', async (decision, options, input) => {
    await fixture.enforce([redact]);
    await drain(
      start(async function* play({ hook }) {
        const [answer] = await hook('PreToolUse', { ...REFUND, ...input });
        expect(answer?.hookSpecificOutput).toMatchObject({
          permissionDecision: decision,
          updatedInput,
        });
        yield SUCCESS;
      }, options),
    );
  });

  test('are what a person is asked about, and what runs, where Claude Code dropped them', async () => {
    await fixture.enforce([redact]);
    const asked: unknown[] = [];
    await drain(
      start(
        async function* play({ hook, permission }) {
          await hook('PreToolUse', REFUND);
          const answer = await permission('refund', REFUND.tool_input, 'toolu_1');
          expect(answer).toEqual({ behavior: 'allow', updatedInput });
          yield SUCCESS;
        },
        {
          canUseTool: (_tool, input) => {
            asked.push(input);
            return Promise.resolve({ behavior: 'allow' });
          },
        },
      ),
    );
    expect(asked).toEqual([updatedInput]);
  });
});

describe('the application’s permission function', () => {
  test('is an approval with who and why, which Claude Code does not get to see', async () => {
    await drain(
      start(
        async function* play({ hook, permission }) {
          await hook('PreToolUse', REFUND);
          const answer = await permission('refund', REFUND.tool_input, 'toolu_1');
          expect(answer).toEqual({ behavior: 'allow', updatedInput: { amount: 4 } });
          await hook('PostToolUse', { ...REFUND, tool_response: 'ok' });
          yield SUCCESS;
        },
        {
          canUseTool: () =>
            Promise.resolve({
              behavior: 'allow',
              updatedInput: { amount: 4 },
              approver: { id: 'ana@example.com' },
              reason: 'known customer',
            }),
        },
      ),
    );
    const [proof] = fixture.evidence.filter(({ type }) => type === 'override');
    expect(proof?.data).toMatchObject({
      kind: 'approval',
      decision: 'modify',
      reason: 'known customer',
      actor: { id: 'ana@example.com', assurance: 'asserted' },
    });
    expect(sdk.events('aftertrace.override')).toHaveLength(1);
    expect(outcomes()).toEqual(['ok']);
  });

  test('cannot allow arguments that policy blocks', async () => {
    await fixture.enforce([
      rule('block', { match: { tool: 'refund', arguments: [{ pointer: '/amount', above: 100 }] } }),
    ]);
    await drain(
      start(
        async function* play({ hook, permission }) {
          await hook('PreToolUse', REFUND);
          const answer = await permission('refund', REFUND.tool_input, 'toolu_1');
          expect(answer.behavior).toBe('deny');
          yield SUCCESS;
        },
        {
          canUseTool: () => Promise.resolve({ behavior: 'allow', updatedInput: { amount: 1000 } }),
        },
      ),
    );
    expect(outcomes()).toEqual(['denied']);
  });

  test('answers what the model asks its user without an approval', async () => {
    await drain(
      start(
        async function* play({ hook, permission }) {
          const call = { ...REFUND, tool_name: 'AskUserQuestion' };
          await hook('PreToolUse', call);
          await permission('AskUserQuestion', REFUND.tool_input, 'toolu_1');
          await hook('PostToolUse', { ...call, tool_response: 'blue' });
          yield SUCCESS;
        },
        { canUseTool: () => Promise.resolve({ behavior: 'allow', updatedInput: { answer: 1 } }) },
      ),
    );
    expect(fixture.evidence).toEqual([]);
  });

  test('is not asked where no hook was and policy refuses', async () => {
    await fixture.enforce([rule('block')]);
    let asked = 0;
    await drain(
      start(
        async function* play({ permission }) {
          const answer = await permission('refund', REFUND.tool_input, 'toolu_1');
          expect(answer.behavior).toBe('deny');
          yield SUCCESS;
        },
        {
          canUseTool: () => {
            asked += 1;
            return Promise.resolve({ behavior: 'allow' });
          },
        },
      ),
    );
    expect(asked).toBe(0);
  });
});

test('a result is given on as policy made of it, in the words of every version', async () => {
  await fixture.enforce([
    rule('redact', {
      match: { tool: 'mcp__bank__pay' },
      with: { redactions: [{ in: 'result', pointer: '/iban' }] },
    }),
  ]);
  await drain(
    start(async function* play({ hook }) {
      const call = { ...REFUND, tool_name: 'mcp__bank__pay' };
      await hook('PreToolUse', call);
      const [answer] = await hook('PostToolUse', { ...call, tool_response: { iban: 'DE1' } });
      const output = { iban: '[REDACTED]' };
      expect(answer?.hookSpecificOutput).toEqual({
        hookEventName: 'PostToolUse',
        updatedToolOutput: output,
        updatedMCPToolOutput: output,
      });
      yield SUCCESS;
    }),
  );
});

describe('what no hook tells the end of', () => {
  const result = (more: object): object => ({
    type: 'user',
    message: { content: [{ type: 'tool_result', tool_use_id: 'toolu_1', ...more }] },
  });
  const asked = {
    type: 'assistant',
    message: {
      id: 'm1',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'refund', input: { amount: 5 } }],
    },
  };

  test('was not permitted, where its result is an error', async () => {
    await drain(
      start(async function* play({ hook }) {
        await hook('PreToolUse', REFUND);
        yield result({ is_error: true, content: 'Permission to use refund has been denied.' });
        yield SUCCESS;
      }),
    );
    expect(outcomes()).toEqual(['denied']);
  });

  test('was interrupted, where there is no result', async () => {
    await drain(
      start(async function* play({ hook }) {
        await hook('PreToolUse', REFUND);
        yield SUCCESS;
      }),
    );
    expect(outcomes()).toEqual(['cancelled']);
  });

  test('was never made, where no hook was asked and its result is an error', async () => {
    await drain(
      start(async function* play() {
        yield asked;
        yield result({ is_error: true, content: 'Error: No such tool available: refund' });
        yield SUCCESS;
      }),
    );
    expect(sdk.events('aftertrace.tool.outcome')[0]?.attributes).toMatchObject({
      'aftertrace.tool.failure.channel': 'framework',
      'aftertrace.tool.failure.class': 'unknown_tool',
    });
  });

  test('ran unjudged where no hook was asked and it has a result: that is counted', async () => {
    await drain(
      start(async function* play() {
        yield asked;
        yield result({ content: 'done' });
        yield SUCCESS;
      }),
    );
    expect(fixture.diagnostics.counts().get('claude_agent.unhooked')).toBe(1);
  });
});

test.each([
  [{ error: 'Exit code 1' }, 'failed'],
  [{ error: 'interrupted', is_interrupt: true }, 'cancelled'],
])('a tool that did not work is told: %j', async (how, outcome) => {
  await drain(
    start(async function* play({ hook }) {
      await hook('PreToolUse', REFUND);
      await hook('PostToolUseFailure', { ...REFUND, ...how });
      yield SUCCESS;
    }),
  );
  expect(outcomes()).toEqual([outcome]);
});

test('messages that are read after the hooks were asked tell nothing twice', async () => {
  await fixture.enforce([rule('block', { match: { tool: 'refund' } })]);
  const lookup = { tool_name: 'lookup', tool_input: {}, tool_use_id: 'toolu_2' };
  const content = [
    { type: 'tool_use', id: 'toolu_1', name: 'refund', input: REFUND.tool_input },
    { type: 'tool_use', id: 'toolu_2', name: 'lookup', input: {} },
  ];
  const results = [
    { type: 'tool_result', tool_use_id: 'toolu_1', content: 'refused', is_error: true },
    { type: 'tool_result', tool_use_id: 'toolu_2', content: 'found' },
  ];
  await drain(
    start(async function* play({ hook }) {
      await hook('PreToolUse', REFUND);
      await hook('PreToolUse', lookup);
      await hook('PostToolUse', { ...lookup, tool_response: 'found' });
      yield { type: 'assistant', message: { id: 'm1', content } };
      yield { type: 'user', message: { content: results } };
      yield SUCCESS;
    }),
  );
  expect(outcomes()).toEqual(['denied', 'ok']);
  expect(fixture.diagnostics.counts().get('claude_agent.unhooked')).toBeUndefined();
});

test('a sub-agent has its span in the run, and policy knows its calls by its name', async () => {
  await fixture.enforce([rule('block', { match: { tool: 'refund', agent: 'reviewer' } })]);
  const inside = { agent_id: 'a1', agent_type: 'reviewer' };
  await drain(
    start(async function* play({ hook }) {
      expect(await hook('PreToolUse', REFUND)).toEqual([{}]);
      await hook('PostToolUse', { ...REFUND, tool_response: 'ok' });
      await hook('SubagentStart', inside);
      const [answer] = await hook('PreToolUse', { ...REFUND, ...inside, tool_use_id: 'toolu_2' });
      expect(answer?.hookSpecificOutput?.['permissionDecision']).toBe('deny');
      await hook('SubagentStop', inside);
      yield SUCCESS;
    }),
  );
  const reviewer = sdk.span('invoke_agent reviewer');
  const main = sdk.span('invoke_agent support');
  expect(reviewer.parentSpanContext?.spanId).toBe(main.spanContext().spanId);
  expect(sdk.events('aftertrace.run.started')).toHaveLength(1);
  const denied = sdk
    .spans()
    .find(({ attributes }) => attributes['aftertrace.tool.outcome'] === 'denied');
  expect(denied?.parentSpanContext?.spanId).toBe(reviewer.spanContext().spanId);
});

test('a query that throws while it starts ends its run and throws the same', () => {
  const failure = new Error('no executable');
  expect(() =>
    start(() => {
      throw failure;
    }),
  ).toThrow(failure);
  expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
});

test('what a query is closed in the midst of is interrupted', async () => {
  const query = start(async function* play({ hook }) {
    await hook('PreToolUse', REFUND);
    yield { type: 'system', subtype: 'init', model: 'claude-test' };
    yield SUCCESS;
  });
  await query.next();
  await query.return();
  expect(outcomes()).toEqual(['cancelled']);
  expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
});

test('a process that does not start ends the run that began with it', async () => {
  const site = { package: PACKAGE, version: '0.3.330', format: 'module' } as const;
  const startup = claudeAgent.wrap(fixture.runtime, { ...site, symbol: 'startup' }, () =>
    Promise.reject(new Error('not installed')),
  );
  await expect((startup as () => Promise<unknown>)()).rejects.toThrow('not installed');
  expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
});
