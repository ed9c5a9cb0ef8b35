import type { Agent, Ask, FrameworkUnderTest, TestTool, World } from '../framework-under-test.ts';

/** What is used of the ADK. */
interface Adk {
  readonly LlmAgent: new (options: object) => object;
  readonly FunctionTool: new (options: object) => object;
  readonly Gemini: new (options: object) => object;
  readonly InMemoryRunner: new (options: object) => Runner;
  readonly MCPToolset?: new (options: object) => object;
}

interface Runner {
  readonly sessionService: { createSession(options: object): Promise<{ readonly id: string }> };
  runAsync(request: object): AsyncIterable<Event>;
}

interface Event {
  readonly partial?: boolean;
  readonly content?: { readonly parts?: readonly Part[] };
}

interface Part {
  readonly text?: string;
  readonly functionCall?: { readonly id?: string; readonly name?: string };
}

interface ToolContext {
  readonly invocationContext?: { readonly abortSignal?: AbortSignal };
}

const CONFIRM = 'adk_request_confirmation';
export const framework: FrameworkUnderTest = {
  name: 'google-adk',
  package: '@google/adk',
  installs: [
    { folder: 'google-adk-2', formats: ['esm', 'cjs'] },
    { folder: 'google-adk-1', formats: ['esm', 'cjs'] },
    { folder: 'google-adk-1-first', formats: ['esm', 'cjs'] },
  ],
  lacks: {
    'unknown-tool': 'it asks the model again, without showing it a result',
    parallel: 'its own telemetry adds a span, execute_tool (merged), that is no call',
    'own-approve': 'its own telemetry has one span for the question and one for the call',
    'own-edit': 'its confirmations say yes or no',
    'own-reject': 'its own telemetry has one span for the question and one for the answer',
    'streaming-kill': 'its own span of a model call that is stopped in its stream never ends',
  },
  noChatSpans: 'its own telemetry has spans of its model calls, called call_llm',
  open: async (world) => createTestAgent(world, await world.load<Adk>('@google/adk')),
};

function createTestAgent(world: World, adk: Adk): Agent {
  process.env['GOOGLE_GEMINI_BASE_URL'] = world.server;
  return {
    run: async (ask) => {
      const agent = new adk.LlmAgent({
        name: ask.agent,
        model: new adk.Gemini({ model: 'gemini-test', apiKey: 'none' }),
        instruction: 'You see to orders.',
        tools: ask.mcp ? [mcpTools(world, adk)] : ask.tools.map((tool) => declare(adk, tool)),
      });
      const runner = new adk.InMemoryRunner({ agent, appName: 'test' });
      const session = await runner.sessionService.createSession({ appName: 'test', userId: 'u' });
      return converse(runner, session.id, ask);
    },
  };
}

function mcpTools(world: World, { MCPToolset }: Adk): object {
  if (MCPToolset === undefined) throw new Error('no MCPToolset');
  return new MCPToolset({ type: 'StreamableHTTPConnectionParams', url: world.mcpServer });
}

async function converse(runner: Runner, sessionId: string, ask: Ask): Promise<string> {
  const { answer } = ask;
  const send = async (part: object): Promise<readonly Event[]> => {
    const events: Event[] = [];
    const newMessage = { role: 'user', parts: [part] };
    const runConfig = { streamingMode: ask.stream ? 'sse' : 'none' };
    const request = { userId: 'u', sessionId, newMessage, runConfig };
    for await (const event of runner.runAsync(request)) events.push(event);
    return events;
  };
  const asked = await send({ text: ask.prompt });
  if (answer === undefined) return textOf(asked);
  const question = partsOf(asked).find(({ functionCall }) => functionCall?.name === CONFIRM);
  const { actor: approver, reason } = answer;
  const confirmed = answer.decision !== 'reject';
  const response = { confirmed, payload: { approver, reason } };
  const functionResponse = { id: question?.functionCall?.id, name: CONFIRM, response };
  return textOf(await send({ functionResponse }));
}

function partsOf(events: readonly Event[]): readonly Part[] {
  return events.flatMap(({ content }) => content?.parts ?? []);
}

/** Without the pieces of a stream, which come again as a whole. */
function textOf(events: readonly Event[]): string {
  const whole = events.filter(({ partial }) => partial !== true);
  return partsOf(whole)
    .map(({ text }) => text ?? '')
    .join('');
}

function declare({ FunctionTool }: Adk, tool: TestTool): object {
  const { name, description, parameters, needsApproval } = tool;
  return new FunctionTool({
    name,
    description,
    parameters,
    requireConfirmation: needsApproval,
    execute: (input: unknown, context?: ToolContext) =>
      tool.run(input, context?.invocationContext?.abortSignal),
  });
}
