import { LLMock } from '@copilotkit/aimock';

/** A server that speaks the OpenAI protocol and answers as scripted. */
export interface ModelServer {
  /** Base URL for a provider, with `/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

/** A tool call that the model makes in its first answer to a prompt. */
export interface ScriptedCall {
  readonly tool: string;
  /** A text is sent as it is, whether or not it is JSON. */
  readonly arguments: Readonly<Record<string, unknown>> | string;
}

/**
 * Answers a prompt that contains a key of `script` with its tool calls, all in one answer, and the answer after their results
 * with `done: <key>`; everything else with `hello`.
 */
export async function startModelServer(
  script: Readonly<Record<string, readonly ScriptedCall[]>>,
): Promise<ModelServer> {
  const mock = new LLMock({ port: 0, logLevel: 'silent' });
  for (const [prompt, calls] of Object.entries(script)) {
    mock.on({ userMessage: prompt, hasToolResult: true }, { content: `done: ${prompt}` });
    mock.on(
      { userMessage: prompt },
      {
        toolCalls: calls.map(({ tool, arguments: args }, index) => ({
          id: `call_${prompt}_${index}`,
          name: tool,
          arguments: typeof args === 'string' ? args : JSON.stringify(args),
        })),
      },
    );
  }
  mock.onMessage('', { content: 'hello' });
  await mock.start();
  return { url: `${mock.url}/v1`, close: () => mock.stop() };
}
