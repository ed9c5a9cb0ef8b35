import { parseArgs } from 'node:util';

import { countOf } from './arguments.ts';
import { startUp } from './instrumentation/start-up.ts';
import type { BenchContext, Row } from './row.ts';

/** Of `pnpm bench instrumentation`. */
export const INSTRUMENTATION_USAGE =
  '[--rounds N]\n--rounds: starts of each kind, of which the median counts (default 15)';

/** What attaching costs an application. */
export async function instrumentation({ args, note }: BenchContext): Promise<readonly Row[]> {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string', default: '15' } },
  });
  return startUp(countOf('rounds', values.rounds), note);
}
