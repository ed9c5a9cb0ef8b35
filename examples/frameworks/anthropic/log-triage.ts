/** Reads the log of a night and opens tickets: a loop of one's own around streamed messages. */
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic();

const log = [
  '02:11 checkout: timeout after 30 s',
  '02:12 checkout: timeout after 30 s',
  '03:40 search: index rebuilt',
];

const tools: Anthropic.Tool[] = [
  {
    name: 'read_log',
    description: 'The lines of the log of a service.',
    input_schema: {
      type: 'object',
      properties: { service: { type: 'string' } },
      required: ['service'],
    },
  },
  {
    name: 'open_ticket',
    description: 'Open a ticket. Urgent ones wake somebody up.',
    input_schema: {
      type: 'object',
      properties: { title: { type: 'string' }, urgency: { enum: ['low', 'high', 'page'] } },
      required: ['title', 'urgency'],
    },
  },
];

/** What went wrong is said to the model; nothing is thrown. */
function runTool(name: string, input: Readonly<Record<string, string>>): string {
  switch (name) {
    case 'read_log': {
      const lines = log.filter((line) => line.includes(`${input['service']}:`));
      return lines.length === 0 ? `Error: no service ${input['service']}` : lines.join('\n');
    }
    case 'open_ticket':
      return JSON.stringify({ ticket: 'T-1', ...input });
    default:
      return `Error: no tool ${name}`;
  }
}

const messages: Anthropic.MessageParam[] = [
  { role: 'user', content: process.argv[2] ?? 'What happened to the checkout tonight?' },
];
for (let turn = 0; turn < 10; turn += 1) {
  const stream = client.messages.stream({
    model: 'claude-haiku-4-5',
    max_tokens: 1000,
    system: 'You go through logs in the morning and open tickets for what somebody must see to.',
    messages,
    tools,
  });
  stream.on('text', (text) => process.stdout.write(text));
  const { content, stop_reason: reason } = await stream.finalMessage();
  messages.push({ role: 'assistant', content });
  if (reason !== 'tool_use') break;
  const results = content.flatMap((block): Anthropic.ToolResultBlockParam[] => {
    if (block.type !== 'tool_use') return [];
    process.stdout.write(`> ${block.name} ${JSON.stringify(block.input)}\n`);
    const result = runTool(block.name, block.input as Record<string, string>);
    return [{ type: 'tool_result', tool_use_id: block.id, content: result }];
  });
  messages.push({ role: 'user', content: results });
}
process.stdout.write('\n');
