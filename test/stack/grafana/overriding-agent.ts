/** A guarded agent whose application stops what the agent wanted: `node --import @aftertrace/node overriding-agent.ts`. */
import { once } from 'node:events';

import { guardTool, recordOverride, withAgent } from '@aftertrace/instrumentation';

const cancel = guardTool(
  async (_order: { id: number }) => {
    recordOverride({
      actor: { id: 'ana@example.com' },
      decision: 'terminate',
      reason: 'this customer is under review',
      prior: { source: 'agent', decision: 'cancel the order' },
    });
    return Promise.resolve('stopped');
  },
  { name: 'cancel_order' },
);

let order = 0;
const timer = setInterval(() => {
  order += 1;
  void withAgent({ name: 'orders-agent' }, () => cancel({ id: order }));
}, 500);
process.stdin.resume();
await once(process.stdin, 'end');
clearInterval(timer);
