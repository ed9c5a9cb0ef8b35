import type { JsonSchema, TestTool, ToolArguments } from '../framework-under-test.ts';
import type { RanTool } from '../recorded.ts';

/** What each tool does with its arguments. */
type Behaviour = (args: ToolArguments, signal: AbortSignal | undefined) => unknown;

/** Long enough for a kill to arrive: what ends a slow tool is its signal, or the guard. */
const SLOW_MILLIS = 15_000;

/** As a tool's own work does, it keeps the process alive. */
const slowWork = new Set<NodeJS.Timeout>();

/** At the end: nobody waits for tools that did not heed their signal. */
export function endSlowWork(): void {
  for (const timer of slowWork) clearTimeout(timer);
}

const parameters: JsonSchema = {
  type: 'object',
  properties: { order: { type: 'string' }, note: { type: 'string' } },
  required: ['order', 'note'],
  additionalProperties: false,
};

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  lookup: ({ order }) => Promise.resolve({ order, state: 'shipped' }),
  explode: () => {
    throw new TypeError('the warehouse is on fire');
  },
  soft_fail: () => ({ success: false, error: 'no such order' }),
  refund: () => ({ refunded: true }),
  send_mail: ({ order }) => ({ order, state: 'sent', to: 'ana@example.com' }),
  ship: ({ order, note }) => ({ order, by: note }),
  pay_approve: ({ note }) => ({ paid: true, note }),
  pay_edit: ({ note }) => ({ paid: true, note }),
  pay_reject: ({ note }) => ({ paid: true, note }),
  purge: () => ({ state: 'purged' }),
  delete_order: ({ note }) => ({ state: 'deleted', note }),
  slow: async (_args, signal) => {
    process.send?.({ started: 'slow' });
    await new Promise<void>((resolve) => {
      slowWork.add(setTimeout(resolve, SLOW_MILLIS));
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    return { aborted: signal?.aborted };
  },
};

/** Makes the tool of a name; what it is called with goes into `ran`. */
export function makeTool(name: string, ran: RanTool[], behaviour = BEHAVIOURS[name]): TestTool {
  if (behaviour === undefined) throw new Error(`no tool ${name}`);
  return {
    name,
    description: `Does ${name} to an order.`,
    parameters,
    needsApproval: name === 'delete_order',
    run: (args, signal) => {
      ran.push({ tool: name, arguments: structuredClone(args) });
      return behaviour(args as ToolArguments, signal);
    },
  };
}
