/** Books rooms: an agent on no framework, with tools of its own around a model that is asked over HTTP. */
import { guardTool, setRunOutcome, withAgent } from '@aftertrace/instrumentation';

const { OPENAI_BASE_URL = 'https://api.openai.com/v1', OPENAI_API_KEY = '' } = process.env;

interface Booking {
  readonly room: string;
  readonly guests: number;
}

const booked = new Map<string, Booking>();

const bookRoom = guardTool(
  async ({ room, guests }: Booking) => {
    if (booked.has(room)) return { success: false, error: `${room} is taken` };
    booked.set(room, { room, guests });
    return { success: true, booking: room };
  },
  {
    name: 'book_room',
    reversibility: 'reversible',
    compensate: ({ arguments: given }) => booked.delete((given as Booking).room),
  },
);

const listRooms = guardTool(
  async () => ({ free: ['oak', 'elm'].filter((room) => !booked.has(room)) }),
  {
    name: 'list_rooms',
    reversibility: 'read_only',
  },
);

const tools = new Map<string, (input: never) => Promise<unknown>>([
  ['book_room', bookRoom],
  ['list_rooms', listRooms],
]);

interface Message {
  readonly role: string;
  readonly content?: string | null;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

async function askModel(messages: readonly Message[], signal: AbortSignal): Promise<Message> {
  const response = await fetch(`${OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${OPENAI_API_KEY}` },
    body: JSON.stringify({ model: 'gpt-5-mini', messages, tools: [...tools.keys()].map(declare) }),
    signal,
  });
  if (!response.ok) throw new Error(`the model answers ${response.status}`);
  const { choices } = (await response.json()) as { choices: [{ message: Message }] };
  return choices[0].message;
}

function declare(name: string): object {
  const properties = { room: { type: 'string' }, guests: { type: 'integer' } };
  return { type: 'function', function: { name, parameters: { type: 'object', properties } } };
}

/** What a tool throws, and a refusal is thrown too, is said to the model. */
async function runTool(name: string, given: string): Promise<string> {
  try {
    const tool = tools.get(name);
    if (tool === undefined) throw new Error(`there is no tool ${name}`);
    return JSON.stringify(await tool(JSON.parse(given) as never));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const identity = {
  name: 'booking',
  version: '1.0.0',
  conversationId: process.env['CONVERSATION'] ?? 'desk-1',
  onBehalfOf: 'ada@example.com',
};
const text = await withAgent(identity, async ({ signal }) => {
  const content = process.argv[2] ?? 'A room for 12 tomorrow, please.';
  const messages: Message[] = [{ role: 'user', content }];
  for (let turn = 0; turn < 8; turn += 1) {
    const message = await askModel(messages, signal);
    messages.push(message);
    if (message.tool_calls === undefined) {
      setRunOutcome('success');
      return message.content;
    }
    for (const { id, function: called } of message.tool_calls) {
      const result = await runTool(called.name, called.arguments);
      messages.push({ role: 'tool', tool_call_id: id, content: result });
    }
  }
  throw new Error('it comes to no end');
});
process.stdout.write(`${text}\n`);
