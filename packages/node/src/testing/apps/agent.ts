/**
 * The application of the tests: a ToolLoopAgent that knows nothing of Aftertrace. Prompts come as arguments or as lines; what the
 * application saw is one JSON line on standard output.
 */
import { createInterface } from 'node:readline/promises';

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { OpenTelemetry } from '@ai-sdk/otel';
import { jsonSchema, registerTelemetry, tool, ToolLoopAgent } from 'ai';

const schema = jsonSchema<Record<string, unknown>>({ type: 'object' });
const provider = createOpenAICompatible({
  name: 'openai',
  baseURL: process.env['MODEL_URL'] ?? '',
  includeUsage: true,
});
const ran: unknown[] = [];
print({ ready: true });

/** The application's own telemetry: none, registered for all calls, for this call only, or registered and switched off. */
const mode = process.env['NATIVE'];
if (mode === 'global' || mode === 'off') registerTelemetry(new OpenTelemetry());
const telemetry =
  mode === 'call' ? { integrations: new OpenTelemetry() } : { isEnabled: mode !== 'off' };

const agent = new ToolLoopAgent({
  id: 'support',
  model: provider('gpt-test'),
  instructions: 'You help customers.',
  runtimeContext: { conversationId: 'conv-1' },
  ...(mode === undefined ? {} : { telemetry }),
  tools: {
    lookup_order: tool({
      description: 'Looks an order up',
      inputSchema: schema,
      execute: (input) => {
        ran.push(['lookup_order', input]);
        return { order: 'A1', state: 'shipped', email: 'ana@example.com' };
      },
    }),
    refund: tool({
      inputSchema: schema,
      execute: async (input) => {
        ran.push(['refund', input]);
        await Promise.resolve();
        return { success: false, error: 'card expired' };
      },
    }),
    explode: tool({
      inputSchema: schema,
      execute: (): string => {
        ran.push(['explode']);
        throw new TypeError('boom');
      },
    }),
    slow: tool({
      inputSchema: schema,
      execute: async (_input, { abortSignal }) => {
        ran.push(['slow']);
        print({ started: 'slow' });
        await new Promise((resolve) => setTimeout(resolve, 20_000));
        return { aborted: abortSignal?.aborted };
      },
    }),
    count: tool({
      inputSchema: schema,
      execute: async function* () {
        ran.push(['count']);
        yield 'one';
        yield 'two';
      },
    }),
  },
});

/** From the arguments, else line by line from standard input. */
const [, , ...prompts] = process.argv;
const source = prompts.length > 0 ? prompts : createInterface({ input: process.stdin });
for await (const prompt of source) {
  try {
    await ask(prompt);
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    if (code !== 'run_stopped') throw error;
    print({ prompt, failed: code, message });
  }
}
print({ ran });
if (process.env['EXIT'] === '1') process.kill(process.pid, 'SIGTERM');

async function ask(prompt: string): Promise<void> {
  if (process.env['STREAM'] === '1') {
    const result = await agent.stream({ prompt });
    const parts: unknown[] = [];
    for await (const part of result.stream) parts.push(summary(part));
    if (parts.includes('abort')) print({ prompt, parts });
    else print({ prompt, text: await result.text, parts });
  } else {
    const result = await agent.generate({ prompt });
    print({ prompt, text: result.text, steps: result.steps.map((step) => step.content) });
  }
}

function summary(part: { readonly type: string }): unknown {
  const { type } = part;
  if (type !== 'tool-result' && type !== 'tool-error') return type;
  const { output, error, preliminary } = part as {
    output?: unknown;
    error?: unknown;
    preliminary?: boolean;
  };
  return { type, output, preliminary, error: error instanceof Error ? error.message : error };
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
