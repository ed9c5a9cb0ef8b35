import type { Redaction, Transform } from '@aftertrace/schema';

import { applyRedactions } from './redact.ts';
import { applyTransforms } from './transform.ts';

/** What is to be changed in a result: something is taken out of it, or a value is set. */
export type ResultChange = Redaction | Transform;

/**
 * The result with all changes made, in order, without changing what was given. Never throws: a value that cannot be set,
 * because a change before it has replaced what stood around it, is left out; what `decideResult` asks for can be set.
 */
export function applyResultChanges(result: unknown, changes: readonly ResultChange[]): unknown {
  return changes.reduce((value, change) => withChange(value, change), result);
}

function withChange(value: unknown, change: ResultChange): unknown {
  if ('replacement' in change) return applyRedactions(value, [change]).value;
  try {
    return applyTransforms(value, [change]).value;
  } catch {
    // Its place has been redacted as a whole.
    return value;
  }
}
