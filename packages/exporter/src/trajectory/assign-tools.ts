import { compareNanos } from '../assemble/iso-time.ts';
import type { InSteps } from '../in-steps.ts';
import { isSameJson } from '../json/is-same-json.ts';
import { plainStep, type CallDraft, type StepDraft } from './step-drafts.ts';
import type { ToolUse } from './tool-uses.ts';

/**
 * Gives every tool use its place: the call with its id; else a proposed call of the same tool with the same arguments;
 * else one of the same tool; each in the latest step before it, of the same agent first. Else that step itself, since
 * without content a model's answer does not name its calls; else a step of its own. The surer ways go first for all
 * uses, so that a guess never takes what another use can name.
 */
export function* assignTools(steps: StepDraft[], uses: readonly ToolUse[]): InSteps<void> {
  const ids = new Set(steps.flatMap(({ calls }) => calls.map(({ id }) => id)));
  let open = uses;
  for (const way of WAYS) {
    const left: ToolUse[] = [];
    for (const use of open) {
      // An id that no step names is looked for in none.
      const isHopeless = way === byId && (use.callId === undefined || !ids.has(use.callId));
      const call = isHopeless ? undefined : findCall(steps, use, way);
      if (call === undefined) left.push(use);
      else {
        call.use = use;
        call.id ??= use.callId;
      }
      yield;
    }
    open = left;
    if (open.length === 0) return;
  }
  for (const use of open) {
    const draft: CallDraft = { id: use.callId, proposed: undefined, use, repeated: undefined };
    const step = firstBefore(steps, use, (candidate) => candidate.modelCall !== undefined);
    if (step === undefined) steps.push(toolStep(use, draft));
    else step.calls.push(draft);
    yield;
  }
}

type Way = (draft: CallDraft, use: ToolUse) => boolean;

const byId: Way = (draft, use) => use.callId !== undefined && draft.id === use.callId;

const byName: Way = (draft, use) =>
  draft.proposed?.name === use.name && (draft.id === undefined || use.callId === undefined);

const byArguments: Way = (draft, use) =>
  byName(draft, use) && isSameJson(draft.proposed?.arguments, use.arguments);

const WAYS: readonly Way[] = [byId, byArguments, byName];

function findCall(steps: readonly StepDraft[], use: ToolUse, way: Way): CallDraft | undefined {
  let found: CallDraft | undefined;
  firstBefore(steps, use, ({ calls }) => {
    found = calls.find((draft) => draft.use === undefined && way(draft, use));
    return found !== undefined;
  });
  return found;
}

/** Of the agent's steps that began before the tool ran, the latest that fits; those of its own agent come first. */
function firstBefore(
  steps: readonly StepDraft[],
  use: ToolUse,
  fits: (step: StepDraft) => boolean,
): StepDraft | undefined {
  const { agent } = use;
  const own =
    agent === undefined
      ? undefined
      : lastBefore(steps, use, (step) => step.agent === agent && fits(step));
  return (
    own ??
    lastBefore(steps, use, (step) => (agent === undefined || step.agent !== agent) && fits(step))
  );
}

function lastBefore(
  steps: readonly StepDraft[],
  { startTimeUnixNano }: ToolUse,
  fits: (step: StepDraft) => boolean,
): StepDraft | undefined {
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const step = steps[index] as StepDraft;
    if (step.source !== 'agent' || step.copied) continue;
    if (compareNanos(step.timeUnixNano, startTimeUnixNano) <= 0 && fits(step)) return step;
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
