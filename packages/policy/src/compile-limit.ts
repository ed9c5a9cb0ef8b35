import type { LimitMatch } from '@aftertrace/schema';

import type { CompiledLimit } from './compiled-policy.ts';
import { lookUp, parsePointer } from './pointer.ts';
import { numberOf } from './predicate.ts';

/** Compiles a limit: what a call counts for. */
export function compileLimit(limit: LimitMatch): CompiledLimit {
  const { sumOf } = limit;
  if (sumOf === undefined) return { limit, amountOf: () => 1 };
  const tokens = parsePointer(sumOf) ?? [];
  return {
    limit,
    amountOf: (view) => {
      const found = lookUp(view, tokens);
      const amount = found.found ? numberOf(found.value) : Number.NaN;
      if (!Number.isFinite(amount)) throw new TypeError(`there is no number at ${sumOf}`);
      return Math.max(0, amount);
    },
  };
}
