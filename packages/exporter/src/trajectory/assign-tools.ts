import { toNanos } from '../assemble/iso-time.ts';
import { stableText } from '../json/lossless-json.ts';
import { plainStep, type CallDraft, type StepDraft } from './step-drafts.ts';
import type { ToolUse } from './tool-uses.ts';

/**
 * Gives every tool use its place: the call with its id; else the proposed call of the same tool, with the same
 * arguments first, in the latest step before it, of the same agent first; else that step itself, since without content
 * a model's answer does not name its calls; else a step of its own.
 */
export function assignTools(steps: StepDraft[], uses: readonly ToolUse[]): void {
  for (const use of uses) {
    const before = stepsBefore(steps, use);
    const call = callWithId(before, use) ?? callOfTool(before, use);
    if (call !== undefined) {
      call.use = use;
      call.id ??= use.callId;
      continue;
    }
    const draft: CallDraft = { id: use.callId, proposed: undefined, use, repeated: undefined };
    const step = before.find((candidate) => candidate.modelCall !== undefined);
    if (step === undefined) steps.push(toolStep(use, draft));
    else step.calls.push(draft);
  }
}

/** Agent steps of this run that began before the tool ran: those of its own agent first, the latest first. */
function stepsBefore(steps: readonly StepDraft[], use: ToolUse): readonly StepDraft[] {
  const start = toNanos(use.startTimeUnixNano);
  const before = steps
    .filter(
      (step) => step.source === 'agent' && !step.copied && toNanos(step.timeUnixNano) <= start,
    )
    .toReversed();
  if (use.agent === undefined) return before;
  const own = before.filter((step) => step.agent === use.agent);
  return [...own, ...before.filter((step) => step.agent !== use.agent)];
}

function callWithId(steps: readonly StepDraft[], use: ToolUse): CallDraft | undefined {
  if (use.callId === undefined) return undefined;
  for (const step of steps) {
    const call = step.calls.find((draft) => draft.use === undefined && draft.id === use.callId);
    if (call !== undefined) return call;
  }
  return undefined;
}

function callOfTool(steps: readonly StepDraft[], use: ToolUse): CallDraft | undefined {
  for (const step of steps) {
    const free = step.calls.filter(
      (draft) =>
        draft.use === undefined &&
        draft.proposed?.name === use.name &&
        (draft.id === undefined || use.callId === undefined),
    );
    const wanted = stableText(use.arguments);
    const same = free.find((draft) => stableText(draft.proposed?.arguments) === wanted) ?? free[0];
    if (same !== undefined) return same;
  }
  return undefined;
}

function toolStep(use: ToolUse, draft: CallDraft): StepDraft {
  const empty = {
    role: 'assistant',
    text: '',
    reasoning: undefined,
    toolCalls: [],
    toolResults: [],
    omitted: [],
  };
  return { ...plainStep('agent', use.startTimeUnixNano, empty), calls: [draft], agent: use.agent };
}
