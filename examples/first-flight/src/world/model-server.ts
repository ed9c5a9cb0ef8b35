/**
 * The model side of the demo: a real HTTP server that speaks the OpenAI protocol and answers as the story says.
 * Prints its base URL on standard output once it listens.
 */
import { LLMock } from '@copilotkit/aimock';

import { STORY } from '../story.ts';

const server = new LLMock({ port: 0, logLevel: 'silent' });
server.on({ userMessage: /\[T-\d{3}\]/ }, (request) => {
  const messages = request.messages;
  const first = messages.find(({ role }) => role === 'user');
  const ticket = /\[(T-\d{3})\]/.exec(JSON.stringify(first?.content))?.[1];
  const conversation = STORY.find((candidate) => candidate.ticket === ticket);
  if (conversation === undefined) return { content: 'I do not know this ticket.' };
  // One tool call a turn: as many assistant messages so far, as many calls made.
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const call = conversation.calls[turn];
  if (call === undefined) return { content: conversation.answer };
  const id = `call_${conversation.ticket}_${turn + 1}`;
  return { toolCalls: [{ id, name: call.tool, arguments: JSON.stringify(call.arguments) }] };
});
await server.start();
process.stdout.write(`${server.url}/v1\n`);
process.on('SIGTERM', () => void server.stop());
