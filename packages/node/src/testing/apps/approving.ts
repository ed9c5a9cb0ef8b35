/**
 * An application that uses the AI SDK's own approval flow and knows nothing of Aftertrace: the first invocation ends with a
 * question, the second brings the answer. `ANSWER` is approve or reject; `APPROVER` and `REASON` are what the application
 * says about it.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, isStepCount, jsonSchema, streamText, tool, type ModelMessage } from 'ai';

const provider = createOpenAICompatible({
  name: 'openai',
  baseURL: process.env['MODEL_URL'] ?? '',
  includeUsage: true,
});
const ran: unknown[] = [];
const { APPROVER: approver, REASON: reason, ANSWER, STREAM } = process.env;
const settings = {
  model: provider('gpt-test'),
  instructions: 'You help customers.',
  stopWhen: isStepCount(5),
  runtimeContext: approver === undefined ? {} : { approver },
  tools: {
    refund: tool({
      inputSchema: jsonSchema<Record<string, unknown>>({ type: 'object' }),
      needsApproval: true,
      execute: (input) => {
        ran.push(['refund', input]);
        return { ok: true };
      },
    }),
  },
};

async function ask(messages: ModelMessage[]): Promise<{ text: string; messages: ModelMessage[] }> {
  if (STREAM !== '1') {
    const { text, response } = await generateText({ ...settings, messages });
    return { text, messages: [...messages, ...response.messages] };
  }
  const result = streamText({ ...settings, messages });
  await result.consumeStream();
  const response = await result.response;
  return { text: await result.text, messages: [...messages, ...response.messages] };
}

const first = await ask([{ role: 'user', content: 'refund' }]);
const question = first.messages
  .flatMap(({ role, content }) =>
    role === 'assistant' && typeof content !== 'string' ? content : [],
  )
  .find((part) => part.type === 'tool-approval-request');
if (question === undefined) throw new Error('the SDK did not ask');
const second = await ask([
  ...first.messages,
  {
    role: 'tool',
    content: [
      {
        type: 'tool-approval-response',
        approvalId: question.approvalId,
        approved: ANSWER === 'approve',
        ...(reason === undefined ? {} : { reason }),
      },
    ],
  },
]);
process.stdout.write(`${JSON.stringify({ text: second.text })}\n${JSON.stringify({ ran })}\n`);
