import { parseArgs } from 'node:util';

import { measureModelCalls } from './instrumentation/model-call.ts';
import { measureToolCalls } from './instrumentation/tool-call.ts';
import { BenchUsageError } from './arguments.ts';
import type { BenchContext, Row } from './row.ts';

const PARTS = {
  tool: measureToolCalls,
  model: measureModelCalls,
} as const;

export const INSTRUMENTATION_USAGE = `[PART…]\nPART: ${Object.keys(PARTS).join(', ')} (default: all)`;

/**
 * What an agent pays for being seen and governed: a tool call, and a model call with a long history beside other
 * instrumentations of `openai` 6 (each in processes of its own; installed once, outside of the checkout).
 */
export async function instrumentation({ args, note }: BenchContext): Promise<readonly Row[]> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const wanted = positionals.length === 0 ? Object.keys(PARTS) : positionals;
  const rows: Row[] = [];
  for (const name of wanted) {
    if (!isPart(name)) throw new BenchUsageError(`there is no part ${name}`);
    rows.push(...(await PARTS[name](note)));
  }
  return rows;
}

function isPart(name: string): name is keyof typeof PARTS {
  return Object.hasOwn(PARTS, name);
}
