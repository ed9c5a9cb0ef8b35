import type { OutcomeEvidence } from '@aftertrace/schema';

import { sanitize } from '../terminal/sanitize.ts';

const EXCERPT_CHARS = 200;
/** What is shown around a range of text. */
const AROUND_CHARS = 40;

/** Where the outcome stands in the result, and what stands there, fit for a terminal. */
export function describeEvidence(
  evidence: OutcomeEvidence | undefined,
  result: unknown,
): readonly string[] {
  if (evidence === undefined) return [];
  const { pointer, range } = evidence;
  if (pointer !== undefined) {
    const found = valueAt(parsed(result), pointer);
    const shown = found === undefined ? '' : `: ${sanitize(textOf(found), EXCERPT_CHARS)}`;
    return [`at ${pointer === '' ? 'the whole result' : sanitize(pointer)}${shown}`];
  }
  if (range === undefined) return [];
  const [from, to] = range;
  const place = `characters ${from} to ${to}`;
  if (typeof result !== 'string') return [`at ${place} of the text inside`];
  const start = Math.max(0, from - AROUND_CHARS);
  const excerpt = result.slice(start, Math.max(to, from) + AROUND_CHARS);
  return [`at ${place}: ${sanitize(excerpt, EXCERPT_CHARS)}`];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}

/** The value of a JSON text; anything else as it is. */
function parsed(result: unknown): unknown {
  if (typeof result !== 'string') return result;
  try {
    return JSON.parse(result) as unknown;
  } catch {
    return undefined;
  }
}

/** RFC 6901. Text on the way that is JSON itself is read as such: results are often wrapped. */
function valueAt(value: unknown, pointer: string): unknown {
  let at: unknown = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const container = parsed(at);
    if (typeof container !== 'object' || container === null || !Object.hasOwn(container, key)) {
      return undefined;
    }
    at = (container as Record<string, unknown>)[key];
  }
  return at;
}
