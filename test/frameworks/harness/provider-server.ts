import { LLMock, type ChatCompletionRequest, type ChatMessage } from '@copilotkit/aimock';

import { callId, keyIn, type ScriptedCall } from '../scenarios.ts';

/** What the model was shown in one request. */
export interface ModelRequest {
  /** Scenario, or the inner part of one. */
  readonly key: string;
  readonly path: string;
  readonly stream: boolean;
  /** Results of the scripted calls, by call id. */
  readonly results: ReadonlyMap<string, string>;
  /** Names of the tools that were offered. */
  readonly tools: readonly string[];
}

/** A server that speaks the providers' protocols and answers as scripted. */
export interface ProviderServer {
  /** Without a path. */
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

/** Turns by key. */
export type Scripts = ReadonlyMap<string, readonly (readonly ScriptedCall[])[]>;

/** Starts it on a free port: OpenAI chat completions and responses, Anthropic messages, Google generateContent. */
export async function startProviderServer(scripts: Scripts): Promise<ProviderServer> {
  const requests: ModelRequest[] = [];
  const threads: Threads = new Map();
  const mock = new LLMock({ port: 0, logLevel: 'silent', journalMaxEntries: 1 });
  mock.on({ predicate: () => true }, (request) => {
    const asked = read(request, threads);
    requests.push(asked.request);
    return answer(scripts, asked, threads);
  });
  await mock.start();
  return { url: mock.url, requests, close: () => mock.stop() };
}

interface Asked {
  readonly request: ModelRequest;
  /** Calls that the model has made since the prompt. */
  readonly made: number;
  /** All that was said, what the server has kept included. */
  readonly messages: readonly ChatMessage[];
}

/**
 * What was said before, by the id of a call that stands at its end: a message thread of Anthropic's sends what is new alone,
 * and the server has the rest.
 */
type Threads = Map<string, readonly ChatMessage[]>;

function wholeOf({ messages }: ChatCompletionRequest, threads: Threads): readonly ChatMessage[] {
  const [first] = messages;
  const before = first?.role === 'tool' ? threads.get(first.tool_call_id ?? '') : undefined;
  return [...(before ?? []), ...messages];
}

function read(request: ChatCompletionRequest, threads: Threads): Asked {
  const messages = wholeOf(request, threads);
  const start = messages.findLastIndex(
    (message) => message.role === 'user' && keyIn(textOf(message)) !== undefined,
  );
  const prompt = messages[start];
  const key = (prompt === undefined ? undefined : keyIn(textOf(prompt))) ?? 'none';
  const since = messages.slice(start + 1);
  const results = new Map<string, string>();
  let calls = 0;
  for (const message of since) {
    calls += message.tool_calls?.length ?? 0;
    if (message.role === 'tool') results.set(message.tool_call_id ?? '', textOf(message));
  }
  const asked: ModelRequest = {
    key,
    path: String(request._endpointType),
    stream: request.stream === true,
    results,
    tools: (request.tools ?? []).map((tool) => tool.function.name),
  };
  return { request: asked, made: Math.max(calls, results.size), messages };
}

/** The turn after those that were answered; after the last a text that quotes what came of the calls. */
function answer(scripts: Scripts, { request, made, messages }: Asked, threads: Threads): object {
  const { key, results } = request;
  let before = 0;
  for (const [turn, calls] of (scripts.get(key) ?? []).entries()) {
    if (before === made) {
      for (const index of calls.keys()) threads.set(callId(key, turn, index), messages);
      return {
        toolCalls: calls.map(({ tool, arguments: args }, index) => ({
          id: callId(key, turn, index),
          name: tool,
          arguments: JSON.stringify(args),
        })),
      };
    }
    before += calls.length;
  }
  return { content: `done ${key} | ${[...results.values()].join(' | ')}` };
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? JSON.stringify(part)).join('');
}
