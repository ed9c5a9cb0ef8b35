import type { Message, ProposedCall } from '../decode/dialects/span-view.ts';
import type { CallDraft, StepDraft } from './step-drafts.ts';

/** Tells which messages of one history repeat calls that are known, by the ids of the calls. */
export interface RepeatedCalls {
  /** The step that has all calls of the message, by id and name; `undefined` where the message is another one. */
  stepOf(message: Message): StepDraft | undefined;
  /** Notes that the history has told the step's calls: what has their ids further on is a message of its own. */
  tell(step: StepDraft, message: Message): void;
}

/**
 * Looks among the steps that were known before the history. Frameworks repeat a call in other words than the model used
 * (the AI SDK repeats arguments that are no JSON as `{}`), and some models use an id twice: so ids decide, but each call
 * is repeated once in a history.
 *
 * @param told the calls that the history has told so far, where it goes on
 */
export function repeatedCalls(
  known: readonly StepDraft[],
  told = new Set<CallDraft>(),
): RepeatedCalls {
  // Steps that come later are not looked at.
  const { length } = known;
  return {
    stepOf: ({ toolCalls }) => {
      if (toolCalls.length === 0) return undefined;
      for (let index = length - 1; index >= 0; index -= 1) {
        const step = known[index] as StepDraft;
        if (toolCalls.every((call) => tells(step, call, told))) return step;
      }
      return undefined;
    },
    tell: (step, { toolCalls }) => {
      const ids = new Set(toolCalls.map((call) => call.id));
      for (const call of step.calls) if (ids.has(call.id)) told.add(call);
    },
  };
}

function tells(step: StepDraft, { id, name }: ProposedCall, told: ReadonlySet<CallDraft>): boolean {
  return (
    id !== undefined &&
    step.calls.some(
      (call) => call.id === id && (call.proposed?.name ?? name) === name && !told.has(call),
    )
  );
}
