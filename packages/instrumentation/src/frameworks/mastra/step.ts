import { AsyncLocalStorage } from 'node:async_hooks';

import type { FrameworkAnswer, ToolCall } from '../../guard/tool-call.ts';

/** One call in the step of the agent's loop that makes it. */
export interface Step {
  readonly call: ToolCall;
  /** What a person answered, where the step goes on after a question. */
  readonly answer: FrameworkAnswer | undefined;
  /** The call has been made, and was told of the answer. */
  taken: boolean;
}

/**
 * A person's answer is on its way to the call inside the step that got it, and nothing else can take it: ids of calls are a
 * conversation's own, and providers of models on one's own machine begin anew with `call_0` in each answer.
 */
const stepping = new AsyncLocalStorage<Step>();

/** Runs the step's own work. */
export function insideStep<T>(step: Step, action: () => T): T {
  return stepping.run(step, action);
}

/** A person's answer to the call that the step makes, once: what that tool calls in turn is not what was asked about. */
export function takeAnswer(toolCallId: string | undefined): FrameworkAnswer | undefined {
  const step = stepping.getStore();
  if (step === undefined || step.taken || toolCallId !== step.call.toolCallId) return undefined;
  step.taken = true;
  return step.answer;
}
