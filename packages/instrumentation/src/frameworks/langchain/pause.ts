import { fieldsOf } from './types.ts';

/** Errors of LangGraph that are none: they carry a pause, a drain or a command out of the node. Their names in 0.2. */
const NAMES = new Set<unknown>([
  'GraphInterrupt',
  'NodeInterrupt',
  'GraphDrained',
  'ParentCommand',
]);

/** Was it thrown to leave the graph for now, as `interrupt()` does, and not because something failed? */
export function isPause(error: unknown): boolean {
  const { is_bubble_up: bubbles, name } = fieldsOf(error);
  return bubbles === true || (error instanceof Error && NAMES.has(name));
}

/** Does it wait for a person's answer? */
export function isQuestion(error: unknown): boolean {
  const { name } = fieldsOf(error);
  return name === 'GraphInterrupt' || name === 'NodeInterrupt';
}
