import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createAdapterFixture, type AdapterFixture } from '../testing/adapter-runtime.ts';
import { containment, rule } from '../testing/guard-fixture.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';
import type { AnyFunction, Framework } from './framework.ts';
import { aiSdk } from './ai-sdk/adapter.ts';
import { anthropic } from './anthropic/adapter.ts';
import { claudeAgent } from './claude-agent/adapter.ts';
import { googleAdk } from './google-adk/adapter.ts';
import { langchain } from './langchain/adapter.ts';
import { mcp } from './mcp/adapter.ts';
import { mastra } from './mastra/adapter.ts';
import { openai } from './openai/adapter.ts';
import { openaiAgents } from './openai-agents/adapter.ts';

const sdk = startRecordingSdk();
let fixture: AdapterFixture;
let ran: unknown[];
beforeEach(() => {
  fixture = createAdapterFixture();
  ran = [];
});
afterEach(() => sdk.reset());

function wrap<T>(framework: Framework, symbol: string, original: T, version = '1.0.0'): T {
  const site = { package: 'any', version, format: 'module', symbol } as const;
  return framework.wrap(fixture.runtime, site, original as AnyFunction) as T;
}

const run = (): string => {
  ran.push('run');
  return 'done';
};
const unreadable = (): never => {
  throw new TypeError('a later version has it otherwise');
};

/** Each makes one call of a tool, or begins what makes calls, of which its adapter cannot read something. */
const CALLS: readonly (readonly [string, () => unknown])[] = [
  [
    'ai',
    () => {
      const toolCall = {
        toolName: 'refund',
        input: {},
        get toolCallId(): string {
          return unreadable();
        },
      };
      const tools = { refund: { execute: run } };
      return wrap(aiSdk, 'executeToolCall', (_options: object): unknown => run())({
        toolCall,
        tools,
      });
    },
  ],
  [
    '@openai/agents',
    () => {
      const details = {
        get toolCall(): object {
          return unreadable();
        },
      };
      const invoke = wrap(openaiAgents, 'invokeFunctionTool', (_options: object) =>
        Promise.resolve(run()),
      );
      return invoke({ tool: { name: 'refund' }, input: '{}', details });
    },
  ],
  [
    '@openai/agents, tools of this machine',
    () => {
      const shell = { shell: { run } };
      const execute = wrap(openaiAgents, 'executeShellActions', (..._given: unknown[]) =>
        Promise.resolve(run()),
      );
      return execute({}, [{ shell, toolCall: undefined }], {}, {});
    },
  ],
  [
    '@anthropic-ai/claude-agent-sdk',
    () => {
      const options = {
        get agent(): string {
          return unreadable();
        },
      };
      const query = wrap(claudeAgent, 'query', (_params: object): unknown => run());
      return query({ prompt: 'hi', options });
    },
  ],
  [
    '@langchain/core',
    () => {
      const call = wrap(
        langchain,
        'StructuredTool.prototype.call',
        function call(this: { _call: (...args: unknown[]) => unknown }, ...args: unknown[]) {
          return Promise.resolve(this._call(args[0], undefined, args[1]));
        },
      );
      const tool = {
        _call: run,
        call,
        get description(): string {
          return unreadable();
        },
      };
      return tool.call({}, { toolCall: { id: 'call_1' } });
    },
  ],
  [
    '@langchain/core, a runnable as a tool',
    () => {
      const convert = wrap(langchain, 'convertRunnableToTool', () => ({
        invoke: (_input: unknown) => Promise.resolve(run()),
        get name(): string {
          return unreadable();
        },
      }));
      return convert().invoke({ type: 'tool_call', args: {}, id: 'call_1' });
    },
  ],
  [
    '@mastra/core',
    async () => {
      const convert = wrap(mastra, 'Agent.prototype.convertTools', () =>
        Promise.resolve({ refund: { execute: (_input: unknown, _context: object) => run() } }),
      );
      const context = {
        get toolCallId(): string {
          return unreadable();
        },
      };
      return (await convert()).refund.execute({}, context);
    },
  ],
  [
    '@mastra/core, tools that cannot be guarded',
    async () => {
      const convert = wrap(mastra, 'Agent.prototype.convertTools', () =>
        Promise.resolve({
          refund: {
            execute: run,
            get description(): string {
              return unreadable();
            },
          },
        }),
      );
      return (await convert()).refund.execute();
    },
  ],
  [
    '@modelcontextprotocol/client',
    () => {
      const params = {
        name: 'refund',
        get arguments(): object {
          return unreadable();
        },
      };
      return wrap(mcp, 'Client.prototype.callTool', (_params: object) => Promise.resolve(run()))(
        params,
      );
    },
  ],
  [
    '@modelcontextprotocol/client, as a request',
    () => {
      const params = {
        name: 'refund',
        get arguments(): object {
          return unreadable();
        },
      };
      const request = wrap(mcp, 'Protocol.prototype.request', (_request: object) =>
        Promise.resolve(run()),
      );
      return request({ method: 'tools/call', params });
    },
  ],
  [
    'openai, a runner of tools',
    () => {
      const tools = [
        {
          type: 'function',
          get function(): object {
            return unreadable();
          },
        },
      ];
      const runTools = wrap(
        openai,
        'AbstractChatCompletionRunner.prototype._runTools',
        (_client: object, _params: object) => Promise.resolve(run()),
      );
      return runTools({}, { tools });
    },
  ],
  [
    '@anthropic-ai/sdk, a runner that calls tools by itself',
    () => {
      const tools = [
        {
          get run(): object {
            return unreadable();
          },
        },
      ];
      const messages = {
        toolRunner: wrap(
          anthropic,
          'Messages.prototype.toolRunner',
          (_params: object): unknown => ({ done: run(), [Symbol.asyncIterator]: run }),
          '0.70.0',
        ),
      };
      return messages.toolRunner({ tools });
    },
  ],
  [
    '@google/adk',
    () => {
      const tool = {
        runAsync: run,
        get name(): string {
          return unreadable();
        },
      };
      const call = wrap(googleAdk, 'callToolAsync', (given: typeof tool, ..._rest: unknown[]) =>
        Promise.resolve(given.runAsync()),
      );
      return call(tool, {}, {});
    },
  ],
];

const outcome = async (call: () => unknown): Promise<unknown> => {
  try {
    return JSON.stringify(await call());
  } catch (error) {
    return String(error);
  }
};

describe.each(CALLS)('a call by %s that cannot be read', (_framework, call) => {
  test.each([
    ['a rule that blocks', () => fixture.enforce([rule('block')])],
    ['a rule that asks a person', () => fixture.enforce([rule('escalate')])],
    [
      'a rule that blocks what it cannot judge',
      () => fixture.enforce([rule('flag', { onError: 'block' })]),
    ],
    ['a containment', () => fixture.enforce([], [containment()])],
  ])('does not run where %s is in force, and is recorded', async (_what, enforce) => {
    await enforce();
    expect(await outcome(call)).toContain('could not be read');
    expect(ran).toEqual([]);
    expect(sdk.span('execute_tool unknown').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.source': 'default',
    });
  });

  test.each([
    ['nothing is in force', () => Promise.resolve()],
    ['a rule only watches', () => fixture.enforce([rule('block', { mode: 'shadow' })])],
    ['a rule only flags', () => fixture.enforce([rule('flag')])],
  ])('runs where %s, and is counted', async (_what, enforce) => {
    await enforce();
    await outcome(call);
    expect(ran).toEqual(['run']);
    expect([...fixture.diagnostics.counts().values()]).toContain(1);
  });
});
