import type { ReversibilityClass } from '@aftertrace/schema';

import type { ProposedCall } from './call.ts';
import type { CompiledPolicy, CompiledToolFacts } from './compiled-policy.ts';
import { entriesOf } from './name-index.ts';
import { highestClass } from './reversibility.ts';

/**
 * The call with what the bundle knows of its tool: the class that the bundle names holds instead of the one that the tool
 * declares, and capabilities are added. The same object where the bundle knows nothing.
 */
export function describeCall(policy: CompiledPolicy | undefined, call: ProposedCall): ProposedCall {
  if (policy?.tools === undefined) return call;
  const known = entriesOf(policy.tools, call.tool, undefined);
  if (known === undefined) return call;
  const reversibility = classOf(known) ?? call.reversibility;
  const capabilities = known.flatMap((facts) => facts.capabilities);
  return {
    ...call,
    reversibility,
    capabilities:
      capabilities.length === 0
        ? call.capabilities
        : [...new Set([...(call.capabilities ?? []), ...capabilities])],
  };
}

function classOf(known: readonly CompiledToolFacts[]): ReversibilityClass | undefined {
  let highest: ReversibilityClass | undefined;
  for (const facts of known) highest = highestClass(highest, facts.reversibility);
  return highest;
}
