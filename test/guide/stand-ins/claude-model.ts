import { createServer, type ServerResponse } from 'node:http';

import { z } from 'zod';

/** What the model of the page proposes, one call a turn. */
const CALLS = [
  { command: './lookup-order 1100', description: 'Find the order' },
  { command: './refund 1100', description: 'Refund the order' },
] as const;
const FIRST_WORDS = 'Let me look.';
const LAST_WORDS = 'Your refund is on its way.';

const Asked = z.looseObject({ model: z.string(), messages: z.array(z.unknown()) });

/** Speaks Anthropic's Messages API on the loopback, as a stream, and plays the page. It holds no process open. */
export async function startClaudeModel(): Promise<string> {
  let requests = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (!/^\/v1\/messages(?:\?|$)/.test(request.url ?? '')) {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
        return;
      }
      requests += 1;
      const { model, messages } = Asked.parse(JSON.parse(Buffer.concat(chunks).toString()));
      const turn = JSON.stringify(messages).split('"type":"tool_result"').length - 1;
      answer(response, { model, turn, id: String(requests) });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

interface Turn {
  readonly model: string;
  readonly turn: number;
  readonly id: string;
}

function answer(response: ServerResponse, { model, turn, id }: Turn): void {
  const call = CALLS[turn];
  const text = turn === 0 ? FIRST_WORDS : call === undefined ? LAST_WORDS : undefined;
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  let index = 0;
  const block = (start: object, delta: object): void => {
    send('content_block_start', { index, content_block: start });
    send('content_block_delta', { index, delta });
    send('content_block_stop', { index });
    index += 1;
  };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${id}` });
  const usage = { input_tokens: 100, output_tokens: 1 };
  const message = {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    usage,
  };
  send('message_start', { message: { ...message, stop_reason: null, stop_sequence: null } });
  if (text !== undefined) block({ type: 'text', text: '' }, { type: 'text_delta', text });
  if (call !== undefined) {
    const use = { type: 'tool_use', id: `toolu_${id}`, name: 'Bash', input: {} };
    block(use, { type: 'input_json_delta', partial_json: JSON.stringify(call) });
  }
  const reason = call === undefined ? 'end_turn' : 'tool_use';
  const delta = { stop_reason: reason, stop_sequence: null };
  send('message_delta', { delta, usage: { output_tokens: 20 } });
  send('message_stop', {});
  response.end();
}
