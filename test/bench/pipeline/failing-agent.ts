/**
 * An agent that does one run after another, each of a name of its own, and tells of each on standard output when its spans
 * ended: `{"agent","toolEndedAtMillis","runEndedAtMillis"}`. Started with `--import @aftertrace/node`.
 * Arguments: runs, milliseconds from the end of one to the next, `failed` or `good`.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { guardTool, withAgent } from '@aftertrace/instrumentation';

const [runs = '1', pauseMillis = '0', kind = 'failed'] = process.argv.slice(2);
const result = kind === 'failed' ? { success: false, error: 'no such account' } : { success: true };
const pay = guardTool((_input: { readonly amount: number }) => Promise.resolve(result), {
  name: 'pay',
});
const now = (): number => performance.timeOrigin + performance.now();

for (let run = 0; run < Number(runs); run += 1) {
  const agent = `bench-${kind}-${run}`;
  const toolEndedAtMillis = await withAgent({ name: agent }, async () => {
    await pay({ amount: run });
    return now();
  });
  const told = { agent, toolEndedAtMillis, runEndedAtMillis: now() };
  process.stdout.write(`${JSON.stringify(told)}\n`);
  await delay(Number(pauseMillis));
}
