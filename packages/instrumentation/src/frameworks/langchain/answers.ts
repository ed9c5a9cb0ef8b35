import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import type { Run } from '../../spans/scope.ts';
import { fieldsOf, textOf } from './types.ts';

/** What people have answered about calls that their graph is about to make, by the run that makes them. */
const answers = new WeakMap<Run, Map<string, FrameworkAnswer>>();

/** Keeps an approval for the call that follows it in the same run. */
export function keepAnswer(run: Run, toolCallId: string, answer: FrameworkAnswer): void {
  const kept = answers.get(run) ?? new Map<string, FrameworkAnswer>();
  kept.set(toolCallId, answer);
  answers.set(run, kept);
}

/** A person's approval of this call, once. */
export function takeAnswer(run: Run, toolCallId: string | undefined): FrameworkAnswer | undefined {
  if (toolCallId === undefined) return undefined;
  const kept = answers.get(run);
  const answer = kept?.get(toolCallId);
  kept?.delete(toolCallId);
  return answer;
}

/**
 * Who answers, where the application says so: `approver` of the decision itself, else of the graph's `context` or
 * `configurable`; an id, or `{id, name?, role?}`. LangGraph itself does not know it.
 */
export function approverIn(...places: readonly unknown[]): FrameworkAnswer['actor'] {
  for (const place of places) {
    const { approver } = fieldsOf(place);
    const { id, name, role } = fieldsOf(approver);
    const who = textOf(approver) ?? textOf(id);
    if (who !== undefined) return { id: who, name: textOf(name), role: textOf(role) };
  }
  return undefined;
}
