import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of `ai` 5, 6 and 7. */
interface Ai {
  /** 6 and 7. */
  readonly ToolLoopAgent: new (settings: object) => {
    generate(options: object): Promise<Generated>;
    stream(options: object): Promise<Streamed>;
  };
  /** 5, whose agent class cannot be named. */
  readonly generateText: (options: object) => Promise<Generated>;
  readonly streamText: (options: object) => Streamed;
  readonly stepCountIs: (count: number) => object;
  readonly tool: (options: object) => object;
  readonly jsonSchema: (schema: object) => object;
}

interface Generated {
  readonly text: string;
  readonly content: readonly Part[];
  readonly response: { readonly messages: readonly object[] };
}

interface Streamed {
  /** 7. */
  readonly stream?: AsyncIterable<unknown>;
  /** 5 and 6. */
  readonly fullStream: AsyncIterable<unknown>;
  readonly text: PromiseLike<string>;
}

interface Part {
  readonly type: string;
  readonly approvalId?: string;
}

interface OpenAiCompatible {
  readonly createOpenAICompatible: (options: object) => (model: string) => object;
}

const both = ['esm', 'cjs'] as const;
const NO_APPROVAL = 'version 5 has no approvals';

export const framework: FrameworkUnderTest = {
  name: 'ai',
  package: 'ai',
  installs: [
    { folder: 'ai-7', formats: ['esm'] },
    { folder: 'ai-7-first', formats: ['esm'] },
    { folder: 'ai-6', formats: both },
    { folder: 'ai-6-first', formats: both },
    {
      folder: 'ai-5',
      formats: both,
      lacks: { 'own-approve': NO_APPROVAL, 'own-reject': NO_APPROVAL },
    },
    {
      folder: 'ai-5-first',
      formats: both,
      lacks: { 'own-approve': NO_APPROVAL, 'own-reject': NO_APPROVAL },
      dies: ['unknown-tool'],
    },
  ],
  lacks: {
    'own-edit': 'its approvals say yes or no',
    mcp: 'its MCP client is a package of its own',
    'mcp-error': 'its MCP client is a package of its own',
    'mcp-block': 'its MCP client is a package of its own',
  },
  open: async (world) => createAgent(world, await world.load<Ai>('ai')),
};

/** One question, with or without a person's answer in its messages. */
interface Question {
  generate(question: object): Promise<Generated>;
  stream(question: object): Promise<Streamed>;
}

async function createAgent(world: World, ai: Ai): Promise<Agent> {
  const { createOpenAICompatible } = await world.load<OpenAiCompatible>(
    '@ai-sdk/openai-compatible',
  );
  const provider = createOpenAICompatible({ name: 'openai', baseURL: `${world.server}/v1` });
  const major = Number(world.version.split('.')[0]);
  const build = (ask: Ask): Question => {
    const approver = ask.answer === undefined ? {} : { approver: ask.answer.actor };
    const settings = {
      model: provider('gpt-test'),
      tools: Object.fromEntries(ask.tools.map((tool) => [tool.name, declare(ai, tool)])),
    };
    if (major >= 6) {
      const context = major === 6 ? 'experimental_context' : 'runtimeContext';
      return new ai.ToolLoopAgent({ id: ask.agent, [context]: approver, ...settings });
    }
    const named = {
      ...settings,
      stopWhen: ai.stepCountIs(20),
      experimental_telemetry: { functionId: ask.agent },
    };
    return {
      generate: (question) => ai.generateText({ ...named, ...question }),
      stream: (question) => Promise.resolve(ai.streamText({ ...named, ...question })),
    };
  };
  return {
    run: async (ask) => {
      const agent = build(ask);
      const { prompt } = ask;
      if (ask.stream) {
        const { stream, fullStream, text } = await agent.stream({ prompt });
        for await (const part of stream ?? fullStream) void part;
        return await text;
      }
      const result = await agent.generate({ prompt });
      return ask.answer === undefined ? result.text : await answer(agent, ask, result);
    },
  };
}

function declare(ai: Ai, tool: TestTool): object {
  return ai.tool({
    description: tool.description,
    inputSchema: ai.jsonSchema(tool.parameters),
    ...(tool.needsApproval ? { needsApproval: true } : {}),
    execute: (input: unknown, { abortSignal }: { readonly abortSignal?: AbortSignal }) =>
      tool.run(input, abortSignal),
  });
}

/** The person's answer goes in with the messages of a second call. */
async function answer(
  agent: Question,
  { prompt, answer: given }: Ask,
  asked: Generated,
): Promise<string> {
  const request = asked.content.find(({ type }) => type === 'tool-approval-request');
  const response = {
    type: 'tool-approval-response',
    approvalId: request?.approvalId,
    approved: given?.decision !== 'reject',
    reason: given?.reason,
  };
  const { text } = await agent.generate({
    messages: [
      { role: 'user', content: prompt },
      ...asked.response.messages,
      { role: 'tool', content: [response] },
    ],
  });
  return text;
}
