/**
 * One process of the model-call benchmark: `openai` 6 by `require`, with one instrumentation or none, answered by a stub in
 * the place of `fetch`. Prints the median microseconds of a call.
 */
import { createRequire } from 'node:module';

type Constructor = new (options?: object) => object;
interface Instrumentation {
  setTracerProvider(provider: object): void;
  enable(): void;
}

const [, , directory = '', kind = 'none', sampling = 'recorded'] = process.argv;
const load = createRequire(`${directory}/`);
const { TracerProvider, AlwaysOffSampler } = load('@opentelemetry/sdk-trace') as Readonly<
  Record<string, Constructor>
>;
const { AsyncLocalStorageContextManager } = load('@opentelemetry/context-async-hooks') as {
  AsyncLocalStorageContextManager: new () => { enable(): object };
};
const { context, trace } = load('@opentelemetry/api') as {
  context: { setGlobalContextManager(manager: object): void };
  trace: { setGlobalTracerProvider(provider: object): void };
};
let spans = 0;
if (TracerProvider === undefined || AlwaysOffSampler === undefined) throw new Error('no SDK');
const done = (): Promise<void> => Promise.resolve();
const counting = {
  onStart: () => undefined,
  onEnd: () => (spans += 1),
  forceFlush: done,
  shutdown: done,
};
const provider = new TracerProvider({
  spanProcessors: [counting],
  ...(sampling === 'unsampled' ? { sampler: new AlwaysOffSampler() } : {}),
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);

const PEERS: Readonly<Record<string, readonly [module: string, name: string, options?: object]>> = {
  otel: ['@opentelemetry/instrumentation-openai', 'OpenAIInstrumentation'],
  openllmetry: ['@traceloop/instrumentation-openai', 'OpenAIInstrumentation'],
  openinference: ['@arizeai/openinference-instrumentation-openai', 'OpenAIInstrumentation'],
};
const peer = PEERS[kind];
if (peer !== undefined) {
  const [module, name, options] = peer;
  const Peer = (load(module) as Readonly<Record<string, Constructor>>)[name];
  if (Peer === undefined) throw new Error(`no ${name} in ${module}`);
  const { registerInstrumentations } = load('@opentelemetry/instrumentation') as {
    readonly registerInstrumentations: (options: object) => void;
  };
  const instrumentation = new Peer(options) as Instrumentation;
  registerInstrumentations({ instrumentations: [instrumentation], tracerProvider: provider });
}
if (kind === 'ours') {
  process.env['AFTERTRACE_COMPANION'] = 'none';
  await import('@aftertrace/instrumentation/register');
}

interface Client {
  readonly chat: { readonly completions: { create(body: object): Promise<{ id: string }> } };
}
const { OpenAI } = load('openai') as { OpenAI: new (options: object) => Client };

const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-test',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'done' } }],
  usage: { prompt_tokens: 20_000, completion_tokens: 1, total_tokens: 20_001 },
});
const client = new OpenAI({
  apiKey: 'none',
  baseURL: 'http://127.0.0.1:9/v1',
  fetch: () =>
    Promise.resolve(
      new Response(answer, { headers: { 'content-type': 'application/json' }, status: 200 }),
    ),
});
const text = 'All work and no play makes a long history of messages. '.repeat(28).slice(0, 1_500);
const body = {
  model: 'gpt-test',
  messages: Array.from({ length: 60 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `${index} ${text}`,
  })),
  tools: Array.from({ length: 20 }, (_, index) => ({
    type: 'function',
    function: {
      name: `tool_${index}`,
      description: 'Does something to an order.',
      parameters: { type: 'object', properties: { order: { type: 'string' } } },
    },
  })),
};

const ROUNDS = 25;
const CALLS = 200;
const micros: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const from = performance.now();
  for (let index = 0; index < CALLS; index += 1) {
    const { id } = await client.chat.completions.create(body);
    if (id !== 'chatcmpl-1') throw new Error('the stub did not answer');
  }
  micros.push(((performance.now() - from) * 1000) / CALLS);
}
// The first rounds compile.
const [middle] = micros
  .slice(5)
  .toSorted((a, b) => a - b)
  .slice(10);
const perCall = spans / (ROUNDS * CALLS);
process.stdout.write(`${JSON.stringify({ micros: middle, spansPerCall: perCall })}\n`);
process.exit(0);
