import { judgeRun, toolWrites, type RunFacts, type RunLimit } from '@aftertrace/detection';
import { Attr, Core, EventName, GenAi, type RunOutcome } from '@aftertrace/schema';

import type { RunPart } from '../assemble/partition.ts';
import { compareNanos } from '../assemble/iso-time.ts';
import { eventTime, type EventRecord, type SpanRecord } from '../assemble/records.ts';
import { readRunOutcome, type RecordedOverride } from '../decode/dialects/aftertrace-attributes.ts';
import { stringOf, stringsOf } from '../decode/dialects/attribute-readers.ts';
import type { LogView } from '../decode/dialects/log-view.ts';
import type { TelemetryAttributes } from '../decode/telemetry.ts';
import { contentDigest } from './content-digest.ts';
import type { JudgedCall } from '../trajectory/render-steps.ts';

/** What is known of a run besides its spans. */
export interface RunJudgementInput {
  readonly calls: readonly JudgedCall[];
  readonly overrides: readonly RecordedOverride[];
  /** What the agent said last; `undefined` where content is not known. */
  readonly answer?: string | undefined;
}

/** How the run ended: the facts that its telemetry tells, judged by `@aftertrace/detection`. */
export function judgeRunPart(part: RunPart, input: RunJudgementInput): RunOutcome {
  return judgeRun(runFactsOf(part, input));
}

function runFactsOf(part: RunPart, input: RunJudgementInput): RunFacts {
  const end = endAttributes(part);
  const stated = end.map(readRunOutcome).find((outcome) => outcome !== undefined);
  const stopped = stated?.outcome === 'terminated' && stated.basis === 'terminated';
  const evaluations = part.events
    .filter(({ log }) => log.eventName === EventName.EVALUATION_RESULT)
    .map(({ log }) => ({
      name: stringOf(log.attributes, GenAi.EVALUATION_NAME) ?? 'evaluation',
      label: stringOf(log.attributes, GenAi.EVALUATION_SCORE_LABEL),
    }));
  return {
    ...(stated === undefined || stopped
      ? {}
      : { explicit: { outcome: stated.outcome, reason: stated.reason } }),
    evaluations,
    rootError: rootErrorOf(part),
    terminated: terminationOf(part, input.overrides, stopped),
    limit: limitOf(part),
    toolCalls: toolCallsOf(input.calls),
    finishReasons: finishReasonsOf(part),
    answer: input.answer,
    rootEnded: part.progress !== 'open' || lastOf(part)?.role === 'model',
  };
}

function toolCallsOf(calls: readonly JudgedCall[]): RunFacts['toolCalls'] {
  const isCompared = mayCircle(calls);
  return calls.map(({ tool, outcome, step, arguments: args, result }) => ({
    tool,
    outcome,
    step,
    argumentsDigest: isCompared ? contentDigest(args) : undefined,
    resultDigest: isCompared ? contentDigest(result) : undefined,
    writes: toolWrites(tool),
  }));
}

/** No loop that `@aftertrace/detection` knows has fewer calls that failed, were refused, or repeat an earlier result. */
const LEAST_IDLE = 3;

/** Whether the run may have gone in circles: only then its calls are compared, which digests are made for. */
function mayCircle(calls: readonly JudgedCall[]): boolean {
  const lengths = new Set<number>();
  let idle = 0;
  for (const { outcome, result } of calls) {
    const isBad = outcome.outcome === 'failed' || outcome.outcome === 'denied';
    // What is no text may be the same as any other.
    if (isBad || typeof result !== 'string' || lengths.has(result.length)) idle += 1;
    else lengths.add(result.length);
  }
  return idle >= LEAST_IDLE;
}

/** Where the end of a run is told: its root span and its end event. */
function endAttributes(part: RunPart): readonly TelemetryAttributes[] {
  const event = part.events.find(({ log }) => log.eventName === EventName.RUN_ENDED);
  return [part.root?.span.attributes, event?.log.attributes].filter(
    (attributes) => attributes !== undefined,
  );
}

/** The error of the topmost span; for a run whose spans were not sampled, that of its end event. */
export function rootErrorOf(part: RunPart): RunFacts['rootError'] {
  if (part.root !== undefined) {
    return part.root.span.status.code === 2 ? errorOfSpan(part.root) : undefined;
  }
  for (const attributes of endAttributes(part)) {
    const type = stringOf(attributes, Core.ERROR_TYPE);
    if (type !== undefined) return { type };
  }
  const error = lastOf(part)?.error;
  return error === undefined ? undefined : { type: error.type, message: error.message };
}

/**
 * What a run without spans did last, as a dialect's records tell it. Such a run has no record of its end: after an
 * answer of the model without a further call it is over, and after a request that failed it has failed.
 */
function lastOf(part: RunPart): LogView | undefined {
  if (part.spans.length > 0) return undefined;
  let last: EventRecord | undefined;
  for (const event of part.events) {
    if (event.view === undefined || event.view.role === 'other') continue;
    const order = last === undefined ? 1 : compareNanos(eventTime(event.log), eventTime(last.log));
    if (order > 0 || (order === 0 && event.view.role !== 'model')) last = event;
  }
  return last?.view;
}

function errorOfSpan({ span }: SpanRecord): NonNullable<RunFacts['rootError']> {
  const exception = span.events.find((event) => event.name === 'exception');
  return {
    type:
      stringOf(span.attributes, Core.ERROR_TYPE) ??
      (exception && stringOf(exception.attributes, Core.EXCEPTION_TYPE)),
    message: span.status.message === '' ? undefined : span.status.message,
  };
}

function terminationOf(
  part: RunPart,
  overrides: readonly RecordedOverride[],
  stopped: boolean,
): RunFacts['terminated'] {
  const person = overrides.find((override) => override.decision === 'terminate');
  if (person !== undefined) return { by: 'person', id: person.id };
  if (!stopped) return undefined;
  const ids = endAttributes(part).map((attributes) => stringOf(attributes, Attr.CONTAINMENT_ID));
  return { by: 'containment', id: ids.find((id) => id !== undefined) };
}

const LIMITS: ReadonlySet<string> = new Set<RunLimit>(['steps', 'time', 'tokens', 'cost', 'loop']);

/** The limit that the agent itself says the run had reached, for example since its guard saw it go in circles. */
function limitOf(part: RunPart): RunFacts['limit'] {
  const kind = endAttributes(part)
    .map((attributes) => stringOf(attributes, Attr.RUN_LIMIT))
    .find((limit) => limit !== undefined);
  return kind !== undefined && isLimit(kind) ? { kind } : undefined;
}

function isLimit(text: string): text is RunLimit {
  return LIMITS.has(text);
}

function finishReasonsOf(part: RunPart): readonly string[] {
  const ofCalls = part.spans
    .filter((record) => record.view.role === 'model')
    .flatMap((record) => record.view.model?.finishReasons ?? []);
  const ofEnd = endAttributes(part).flatMap((attributes) =>
    stringsOf(attributes, GenAi.RESPONSE_FINISH_REASONS),
  );
  return [...ofCalls, ...ofEnd];
}
