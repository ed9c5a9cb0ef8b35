import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of `ai` 7. */
interface Ai {
  readonly ToolLoopAgent: new (options: object) => {
    generate(options: object): Promise<{
      readonly text: string;
      readonly content: readonly Part[];
      readonly response: { readonly messages: readonly object[] };
    }>;
    stream(
      options: object,
    ): Promise<{ readonly stream: AsyncIterable<unknown>; readonly text: PromiseLike<string> }>;
  };
  readonly tool: (options: object) => object;
  readonly jsonSchema: (schema: object) => object;
}

interface Part {
  readonly type: string;
  readonly approvalId?: string;
}

interface OpenAiCompatible {
  readonly createOpenAICompatible: (options: object) => (model: string) => object;
}

export const framework: FrameworkUnderTest = {
  name: 'ai',
  package: 'ai',
  installs: [{ folder: 'ai-7', formats: ['esm'] }],
  lacks: {
    'own-edit': 'its approvals say yes or no',
    mcp: 'its MCP client is a package of its own',
    'mcp-error': 'its MCP client is a package of its own',
    'mcp-block': 'its MCP client is a package of its own',
  },
  open: async (world) => createAgent(world, await world.load<Ai>('ai')),
};

async function createAgent(world: World, ai: Ai): Promise<Agent> {
  const { createOpenAICompatible } = await world.load<OpenAiCompatible>(
    '@ai-sdk/openai-compatible',
  );
  const provider = createOpenAICompatible({ name: 'openai', baseURL: `${world.server}/v1` });
  return {
    run: async (ask) => {
      const agent = new ai.ToolLoopAgent({
        id: ask.agent,
        model: provider('gpt-test'),
        tools: Object.fromEntries(ask.tools.map((tool) => [tool.name, declare(ai, tool)])),
        runtimeContext: ask.answer === undefined ? {} : { approver: ask.answer.actor },
      });
      if (ask.stream) {
        const { stream, text } = await agent.stream({ prompt: ask.prompt });
        for await (const part of stream) void part;
        return await text;
      }
      const result = await agent.generate({ prompt: ask.prompt });
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

type Asked = Awaited<ReturnType<InstanceType<Ai['ToolLoopAgent']>['generate']>>;

/** The person's answer goes in with the messages of a second call. */
async function answer(
  agent: InstanceType<Ai['ToolLoopAgent']>,
  { prompt, answer: given }: Ask,
  asked: Asked,
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
