import type { ToolOutcome } from '@aftertrace/schema';

import { compareNanos, nanosBefore } from '../assemble/iso-time.ts';
import type { RunPart } from '../assemble/partition.ts';
import { ancestryOf, type SpanRecord } from '../assemble/records.ts';
import type { RecordedDecision } from '../decode/dialects/aftertrace-attributes.ts';
import type { CallFacts, ToolView } from '../decode/dialects/span-view.ts';
import type { InSteps } from '../in-steps.ts';
import { shippedToolJudge, type ToolJudge } from '../judge/judge-tool-span.ts';
import { callNotesOf, factsOfNotes, type CallNote } from './call-notes.ts';

/** One use of a tool as spans and events tell of it. */
export interface ToolUse {
  readonly name: string;
  readonly callId: string | undefined;
  readonly spanId: string | undefined;
  /** `undefined` where it is not known. */
  readonly arguments: unknown;
  readonly result: unknown;
  readonly outcome: ToolOutcome | undefined;
  /** Only its span and its notes together tell the outcome. */
  readonly isPieced: boolean;
  readonly decision: RecordedDecision | undefined;
  readonly startTimeUnixNano: string;
  /** `undefined` for a call that only an event tells of. */
  readonly endTimeUnixNano: string | undefined;
  /** The agent span that the call stands below. */
  readonly agent: string | undefined;
}

/**
 * The tool calls of a run: one for each tool span, except spans that repeat the one around them (an MCP client's span
 * inside the framework's), and one for each call that only events tell of. What events and further spans say of a call
 * goes to its span: the one that they name, else the one with their call id.
 */
export function* toolUsesOf(
  part: RunPart,
  judge: ToolJudge = shippedToolJudge,
): InSteps<readonly ToolUse[]> {
  const notes = createNotes(callNotesOf(part));
  const uses: ToolUse[] = [];
  for (const record of part.spans) {
    if (record.view.role !== 'tool' || repeatsOuter(record, part)) continue;
    uses.push(useOfSpan({ record, notes: notes.take(record), judge }, part));
    yield;
  }
  for (const group of notes.left()) uses.push(useOfNotes(group, judge));
  return uses.sort((left, right) => compareNanos(left.startTimeUnixNano, right.startTimeUnixNano));
}

/** The notes of a run, handed to the calls that they are about. */
interface Notes {
  take(record: SpanRecord): readonly CallNote[];
  /** What no span took, by call, each in the order of time. */
  left(): Iterable<readonly CallNote[]>;
}

const NONE: readonly CallNote[] = [];
const NO_NOTES: Notes = { take: () => NONE, left: () => [] };

function createNotes(notes: readonly CallNote[]): Notes {
  if (notes.length === 0) return NO_NOTES;
  const bySpan = Map.groupBy(notes, (note) => note.spanId);
  const byCall = Map.groupBy(notes, (note) => note.callId);
  const taken = new Set<CallNote>();
  return {
    take: (record) => {
      const { spanId, traceId } = record.span;
      const tool = record.view.tool;
      const named = tool?.callId === undefined ? NONE : (byCall.get(tool.callId) ?? NONE);
      const own = new Set([
        ...(bySpan.get(spanId) ?? NONE),
        ...named.filter(
          (note) => note.name === undefined || note.name === tool?.name || !note.isOurs,
        ),
      ]);
      const about = [...own].filter(
        (note) => note.traceId === undefined || note.traceId === traceId,
      );
      for (const note of about) taken.add(note);
      return about.sort(inTime);
    },
    left: () => {
      const open = notes.filter((note) => !taken.has(note)).sort(inTime);
      // The span of an answer may not know the call, and the record of the same answer may.
      const answered = new Map(open.map((note) => [note.decision?.id, note.callId]));
      return Map.groupBy(
        open,
        (note) =>
          note.callId ?? answered.get(note.decision?.id ?? '') ?? note.spanId ?? note.identity,
      ).values();
    },
  };
}

function inTime(left: CallNote, right: CallNote): number {
  return (
    compareNanos(left.timeUnixNano, right.timeUnixNano) || (left.identity < right.identity ? -1 : 1)
  );
}

function repeatsOuter(record: SpanRecord, part: RunPart): boolean {
  const { place } = record;
  const around = ancestryOf(record, part)?.enclosingTool;
  // Spans that are around themselves, or around each other, repeat nothing.
  if (around === undefined || around === place) return false;
  if (part.ancestry.of(around).enclosingTool === place) return false;
  const outer = part.spans.find((other) => other.place === around);
  return outer?.view.tool?.name === record.view.tool?.name;
}

interface Told {
  readonly record: SpanRecord;
  readonly notes: readonly CallNote[];
  readonly judge: ToolJudge;
}

function useOfSpan({ record, notes, judge }: Told, part: RunPart): ToolUse {
  const { span, view } = record;
  const facts = notes.length === 0 ? undefined : factsOfNotes(notes);
  const stated = firstOf(notes, (note) => note.stated);
  return {
    name: view.tool?.name ?? 'unknown',
    callId: view.tool?.callId ?? firstOf(notes, (note) => note.callId),
    spanId: span.spanId,
    arguments: view.tool?.arguments ?? firstOf(notes, (note) => note.tool?.arguments),
    result: view.tool?.result ?? firstOf(notes, (note) => note.tool?.result),
    outcome: stated ?? outcomeOf(record, facts, judge),
    isPieced: stated === undefined && facts !== undefined,
    decision: record.decision ?? decisionOf(notes),
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    agent: ancestryOf(record, part)?.nearestAgent?.key,
  };
}

function outcomeOf(
  { span, view, outcome }: SpanRecord,
  facts: CallFacts | undefined,
  judge: ToolJudge,
): ToolOutcome | undefined {
  return facts === undefined || view.tool === undefined
    ? outcome
    : judge.ofSpan(span, view.tool, facts);
}

function useOfNotes(notes: readonly CallNote[], judge: ToolJudge): ToolUse {
  const [first] = notes;
  const name = firstOf(notes, (note) => note.name) ?? 'unknown';
  const known = {
    arguments: firstOf(notes, (note) => note.tool?.arguments),
    result: firstOf(notes, (note) => note.tool?.result),
  };
  const facts = factsOfNotes(notes);
  const stated = firstOf(notes, (note) => note.stated);
  return {
    name,
    callId: firstOf(notes, (note) => note.callId),
    spanId: firstOf(notes, (note) => note.spanId),
    ...known,
    outcome: stated ?? (facts && judge.ofCall(toolOf(name, notes, known), facts)),
    isPieced: false,
    decision: decisionOf(notes),
    ...timesOf(notes, first?.timeUnixNano ?? '0'),
    agent: undefined,
  };
}

function toolOf(
  name: string,
  notes: readonly CallNote[],
  known: { readonly arguments: unknown; readonly result: unknown },
): ToolView {
  const callId = firstOf(notes, (note) => note.callId);
  const exitCode = firstOf(notes, (note) => note.tool?.exitCode);
  return { name, callId, type: undefined, exitCode, ...known };
}

/** A record at the end of a call says how long it had run; without one only that there was a call at that time. */
function timesOf(
  notes: readonly CallNote[],
  first: string,
): Pick<ToolUse, 'startTimeUnixNano' | 'endTimeUnixNano'> {
  const end = notes.findLast((note) => note.durationMillis !== undefined);
  if (end?.durationMillis === undefined) {
    return { startTimeUnixNano: first, endTimeUnixNano: undefined };
  }
  return {
    startTimeUnixNano: nanosBefore(end.timeUnixNano, end.durationMillis),
    endTimeUnixNano: end.timeUnixNano,
  };
}

/** The last word counts; of a guard's, which says all in one, the first. */
function decisionOf(notes: readonly CallNote[]): RecordedDecision | undefined {
  const decided = notes.filter((note) => note.decision !== undefined);
  const own = decided.find((note) => note.isOurs);
  return (own ?? decided.at(-1))?.decision;
}

function firstOf<Value>(
  notes: readonly CallNote[],
  read: (note: CallNote) => Value | undefined,
): Value | undefined {
  for (const note of notes) {
    const value = read(note);
    if (value !== undefined) return value;
  }
  return undefined;
}
