import { LLMock, type ChatMessage } from '@copilotkit/aimock';

import type { Script } from '../example.ts';

/** A server that speaks the providers' protocols. */
export interface ModelServer {
  /** Without a path. */
  readonly url: string;
  /** Requests that no script was for. */
  readonly unknown: readonly string[];
  close(): Promise<void>;
}

/** Starts it on a free port. It answers each agent by its script: the turn after those that it has had. */
export async function startModelServer(scripts: readonly Script[]): Promise<ModelServer> {
  const unknown: string[] = [];
  let kept: readonly ChatMessage[] = [];
  const mock = new LLMock({ port: 0, logLevel: 'silent', journalMaxEntries: 1 });
  mock.on({ predicate: () => true }, (request) => {
    // Who sends nothing but results goes on with a conversation that the provider keeps.
    const { messages: sent } = request;
    const messages = sent[0]?.role === 'tool' ? [...kept, ...sent] : sent;
    kept = messages;
    const prompt = JSON.stringify(messages);
    const script = scripts.find(({ about }) => about === undefined || prompt.includes(about));
    if (script !== undefined) return answer(script, messages);
    unknown.push(prompt.slice(0, 500));
    return { content: 'I do not know what this is about.' };
  });
  await mock.start();
  return { url: mock.url, unknown, close: () => mock.stop() };
}

function answer({ turns, last }: Script, messages: readonly ChatMessage[]): object {
  const results = messages.filter(({ role }) => role === 'tool').map(textOf);
  const asked = messages.reduce((sum, { tool_calls }) => sum + (tool_calls?.length ?? 0), 0);
  const made = Math.max(asked, results.length);
  let before = 0;
  for (const [turn, calls] of turns.entries()) {
    if (before === made) {
      const toolCalls = calls.map(({ tool, arguments: args }, index) => ({
        id: `call_${turn + 1}_${index + 1}`,
        name: tool,
        arguments: JSON.stringify(args),
      }));
      return { toolCalls };
    }
    before += calls.length;
  }
  return { content: last(results) };
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? JSON.stringify(part)).join('');
}
