import { compareNanos } from '../assemble/iso-time.ts';
import type { RunPart } from '../assemble/partition.ts';
import { ancestryOf, type SpanRecord } from '../assemble/records.ts';
import type { LogView } from '../decode/dialects/log-view.ts';
import type { Message, ModelView } from '../decode/dialects/span-view.ts';
import type { InSteps } from '../in-steps.ts';
import { outputKey } from './message-ledger.ts';
import { createModelNotes } from './model-notes.ts';

/** One call of a model, seen by one instrumentation or by several, or told by log records alone. */
export interface ModelCall {
  /** `undefined` where no span tells of it. */
  readonly record: SpanRecord | undefined;
  readonly startTimeUnixNano: string;
  /** `undefined` where it is not known. */
  readonly endTimeUnixNano: string | undefined;
  readonly model: ModelView;
  /** Further spans that tell of the same call. */
  readonly alsoSpanIds: readonly string[];
  /** What went wrong, where log records say it. */
  readonly error: LogView['error'];
  /** The key of the nearest agent span above it. */
  readonly agent: string | undefined;
}

/**
 * The model calls of a run in the order of their start. A framework and a provider library often both tell of one call;
 * a span inside another call's span is the same call where it is its descendant, or where another instrumentation
 * recorded it and both heard the same answer. The outer one stays and takes from the inner what it lacks. Log records
 * complete the span that they stand on or name; what no span tells of is a call by itself.
 */
export function* modelCallsOf(part: RunPart): InSteps<readonly ModelCall[]> {
  const calls: ModelCall[] = [];
  const ends = new LatestEnds();
  const notes = createModelNotes(part);
  for (const record of part.spans) {
    const { model: own } = record.view;
    if (record.view.role !== 'model' || own === undefined) continue;
    const noted = notes?.take(record);
    const model = noted === undefined ? own : completed(own, noted.model);
    const call = callOf({ record, model, error: noted?.error }, part);
    const { endTimeUnixNano: end } = call;
    const first = ends.firstFrom(end);
    let index = calls.length - 1;
    while (index >= first && !isSameCall(calls[index] as ModelCall, call, part)) index -= 1;
    const outer = index < first ? undefined : calls[index];
    if (outer === undefined) {
      calls.push(call);
      ends.add(end);
    } else calls[index] = merge(outer, record, model);
    yield;
  }
  if (notes === undefined) return calls;
  const told = notes.left();
  if (told.length === 0) return calls;
  return [...calls, ...told].sort((left, right) =>
    compareNanos(left.startTimeUnixNano, right.startTimeUnixNano),
  );
}

/** The latest end of each call and of those in front of it: a call lies in none that is in front of all later ends. */
class LatestEnds {
  readonly #ends: string[] = [];

  add(end: string): void {
    const latest = this.#ends.at(-1);
    this.#ends.push(latest !== undefined && compareNanos(latest, end) > 0 ? latest : end);
  }

  /** From which place on a call may end at this time or later; behind the last for none. */
  firstFrom(end: string): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNanos(this.#ends[middle] as string, end) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What a span tells of a call. */
interface ToldCall {
  readonly record: SpanRecord;
  readonly model: ModelView;
  readonly error?: LogView['error'];
}

/** A call that a span tells of: its times are known. */
interface SpanCall extends ModelCall {
  readonly record: SpanRecord;
  readonly endTimeUnixNano: string;
}

/** The call that a span tells of. */
export function callOf({ record, model, error }: ToldCall, part: RunPart): SpanCall {
  const { startTimeUnixNano, endTimeUnixNano } = record.span;
  return {
    record,
    startTimeUnixNano,
    endTimeUnixNano,
    model,
    alsoSpanIds: NO_IDS,
    error,
    agent: ancestryOf(record, part)?.nearestAgent?.key,
  };
}

const NO_IDS: readonly string[] = [];

function isSameCall(outer: ModelCall, call: SpanCall, part: RunPart): boolean {
  const { endTimeUnixNano: outerEnd, record } = outer;
  // Most calls have ended when the next one starts.
  if (record === undefined || outerEnd === undefined) return false;
  if (compareNanos(call.endTimeUnixNano, outerEnd) > 0) return false;
  if (compareNanos(call.startTimeUnixNano, outer.startTimeUnixNano) < 0) return false;
  const above = ancestryOf(call.record, part)?.enclosingModel;
  if (above !== undefined && above === record.place) return true;
  if (call.record.span.scope.name === record.span.scope.name) return false;
  const said = outputKey(call.model.output);
  return said !== '' && said === outputKey(outer.model.output);
}

function merge(outer: ModelCall, record: SpanRecord, inner: ModelView): ModelCall {
  return {
    ...outer,
    alsoSpanIds: [...outer.alsoSpanIds, record.span.spanId],
    model: completed(outer.model, inner),
  };
}

/** What one tells of a call, and from the other what it lacks. */
function completed(model: ModelView, inner: ModelView): ModelView {
  return {
    requestModel: model.requestModel ?? inner.requestModel,
    responseModel:
      model.responseModel ?? (model.requestModel === undefined ? inner.responseModel : undefined),
    provider: model.provider ?? inner.provider,
    input: model.input.length > 0 ? model.input : inner.input,
    output:
      lacksIds(model.output) || model.output.length === 0
        ? pick(inner.output, model.output)
        : model.output,
    usage:
      model.usage.inputTokens === undefined && model.usage.outputTokens === undefined
        ? { ...inner.usage, ...model.usage }
        : withCost(model, inner),
    finishReasons: model.finishReasons.length > 0 ? model.finishReasons : inner.finishReasons,
    toolDefinitions:
      model.toolDefinitions.length > 0 ? model.toolDefinitions : inner.toolDefinitions,
  };
}

/** Costs stand beside the tokens of their own source only where the other tells none. */
function withCost({ usage }: ModelView, inner: ModelView): ModelView['usage'] {
  const { costUsd } = inner.usage;
  return usage.costUsd !== undefined || costUsd === undefined ? usage : { ...usage, costUsd };
}

function lacksIds(messages: readonly Message[]): boolean {
  return messages.some((message) => message.toolCalls.some((call) => call.id === undefined));
}

function pick(first: readonly Message[], otherwise: readonly Message[]): readonly Message[] {
  return first.length > 0 ? first : otherwise;
}
