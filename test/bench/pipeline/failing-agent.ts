/**
 * An agent that does one run after another, each with a tool of its own, and tells of each on standard output when its
 * spans ended: `{"tool","toolEndedAtMillis","runEndedAtMillis"}`. Started with `--import @aftertrace/node`.
 * Arguments: runs, milliseconds from the end of one to the next, `failed` or `good`.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { guardTool, withAgent } from '@aftertrace/instrumentation';

const [runs = '1', pauseMillis = '0', kind = 'failed'] = process.argv.slice(2);
const result = kind === 'failed' ? { success: false, error: 'no such account' } : { success: true };
/** So many failures of one tool are an incident. */
const CALLS_A_RUN = 3;
const now = (): number => performance.timeOrigin + performance.now();

for (let run = 0; run < Number(runs); run += 1) {
  const tool = `pay-${kind}-${run}`;
  const pay = guardTool((_input: { readonly amount: number }) => Promise.resolve(result), {
    name: tool,
  });
  const toolEndedAtMillis = await withAgent({ name: 'bench' }, async () => {
    for (let call = 0; call < CALLS_A_RUN; call += 1) await pay({ amount: call });
    return now();
  });
  const told = { tool, toolEndedAtMillis, runEndedAtMillis: now() };
  process.stdout.write(`${JSON.stringify(told)}\n`);
  await delay(Number(pauseMillis));
}
