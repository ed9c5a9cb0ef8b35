import type { BreakerMatch, LimitMatch } from '@aftertrace/schema';

import type { ProposedCall } from './call.ts';

/** Where a limit is counted. Names cannot collide: each part is quoted. */
export function limitKey(rule: string, { per }: LimitMatch, call: ProposedCall): string {
  switch (per) {
    case 'run':
      return keyOf(['limit', rule, call.tenant, 'run', call.run]);
    case 'conversation':
      return call.conversation === undefined
        ? keyOf(['limit', rule, call.tenant, 'run', call.run])
        : keyOf(['limit', rule, call.tenant, 'conversation', call.conversation]);
    case 'agent':
      return keyOf(['limit', rule, call.tenant, 'agent', call.agent]);
    case 'process':
      return keyOf(['limit', rule]);
  }
}

/** The circuit of a tool, for one agent or for all of the process. */
export function circuitKey(rule: string, { per }: BreakerMatch, call: ProposedCall): string {
  return keyOf(
    per === 'agent' ? ['circuit', rule, call.tool, call.agent] : ['circuit', rule, call.tool],
  );
}

function keyOf(parts: readonly (string | undefined)[]): string {
  return JSON.stringify(parts);
}
