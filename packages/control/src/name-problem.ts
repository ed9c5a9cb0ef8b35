import { MAX_AGENT_CHARS, MAX_INSTANCE_CHARS } from '@aftertrace/schema';

import type { FieldProblem } from './control-problem.ts';

const LIMITS = [
  ['instance', MAX_INSTANCE_CHARS],
  ['agent', MAX_AGENT_CHARS],
] as const;

/** What is wrong with the names that a process gives itself in a query: every one is kept, so none is without end. */
export function nameProblem(query: URLSearchParams): FieldProblem | undefined {
  for (const [path, max] of LIMITS) {
    const { length } = query.get(path) ?? '';
    if (length > max)
      return { path, message: `${path} has ${length} characters, and at most ${max} are taken` };
  }
  return undefined;
}
