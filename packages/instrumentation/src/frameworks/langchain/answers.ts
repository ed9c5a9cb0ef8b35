import { digest } from '@aftertrace/schema/canonical';

import { createBoundedMap, type BoundedMap } from '../../guard/bounded-map.ts';
import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import type { Scope } from '../../spans/scope.ts';
import { fieldsOf, textOf } from './types.ts';

/**
 * What people have answered about calls that a graph is about to make, by the invocation of that graph: two conversations in
 * one run, or an agent within another, may number their calls alike.
 */
const answers = new WeakMap<Scope, BoundedMap<FrameworkAnswer>>();
/** More calls than a model asks for at once; an older answer is let go, and its call is then made without a record of it. */
const MAX_KEPT = 256;

/** The very call that was answered: providers of models on one's own machine begin anew with `call_0` in each answer. */
export interface AnsweredCall {
  readonly toolCallId: string;
  readonly tool: string;
  /** As they were approved. */
  readonly arguments: unknown;
}

/** Keeps an approval for the call that follows it in the same invocation. */
export function keepAnswer(scope: Scope, call: AnsweredCall, answer: FrameworkAnswer): void {
  const key = keyOf(call);
  if (key === undefined) return;
  const kept = answers.get(scope) ?? createBoundedMap<FrameworkAnswer>(MAX_KEPT, () => undefined);
  kept.set(key, answer);
  answers.set(scope, kept);
}

/** A person's approval of this call, once. */
export function takeAnswer(scope: Scope, call: AnsweredCall): FrameworkAnswer | undefined {
  const kept = answers.get(scope);
  if (kept === undefined || kept.size === 0) return undefined;
  const key = keyOf(call);
  if (key === undefined) return undefined;
  const answer = kept.get(key);
  kept.delete(key);
  return answer;
}

/** No canonical form: what was approved cannot be told from something else. */
function keyOf({ toolCallId, tool, arguments: args }: AnsweredCall): string | undefined {
  try {
    return digest([toolCallId, tool, args ?? null]);
  } catch {
    return undefined;
  }
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
