import { Attr, Core, type RunOutcome, type ToolOutcome } from '@aftertrace/schema';

import type { RunPart } from '../assemble/partition.ts';
import type { SpanRecord } from '../assemble/records.ts';
import { stringOf } from '../decode/dialects/attribute-readers.ts';
import type { BuiltRun } from '../trajectory/build-trajectory.ts';
import { serviceName, type RunDescription } from '../trajectory/describe-run.ts';

/** What a judgement is about. */
interface JudgedPlace {
  readonly timeUnixNano: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly agent: string;
  readonly conversationId: string | undefined;
  /** The same for the same call or run, however often it is told. */
  readonly key: string;
}

/** A tool call that the companion judged, since no guard of ours was there. */
export interface JudgedToolCall extends JudgedPlace {
  readonly kind: 'tool_call';
  readonly tool: string;
  readonly toolCallId: string | undefined;
  /** What the span itself says of its error. */
  readonly errorType: string | undefined;
  readonly outcome: ToolOutcome;
}

/** A run that the companion judged, since no agent of ours told of its end. */
export interface JudgedRun extends JudgedPlace {
  readonly kind: 'run';
  readonly trajectoryId: string;
  readonly outcome: RunOutcome;
}

export type Judged = JudgedToolCall | JudgedRun;

/** A run whose outcome is known, whoever judged it and whether or not its line is kept. */
export interface DecidedRun {
  readonly trajectoryId: string;
  readonly agent: string;
  readonly outcome: RunOutcome['outcome'];
}

/** The judgement of a tool span as it arrives; `undefined` where there is none, or where it is the agent's own. */
export function judgedSpan({ span, view, runId, outcome }: SpanRecord): JudgedToolCall | undefined {
  if (outcome === undefined || view.tool === undefined || runId !== undefined) return undefined;
  if (span.attributes.has(Attr.TOOL_OUTCOME)) return undefined;
  return {
    kind: 'tool_call',
    timeUnixNano: span.endTimeUnixNano,
    traceId: span.traceId,
    spanId: span.spanId,
    agent: view.agentName ?? serviceName(span.resource.attributes) ?? 'unknown',
    conversationId: view.conversationId,
    key: `${span.traceId} ${span.spanId}`,
    tool: view.tool.name,
    toolCallId: view.tool.callId,
    errorType: stringOf(span.attributes, Core.ERROR_TYPE),
    outcome,
  };
}

/** What of a run's description goes out with a judgement of it. */
export type DescriptionOfJudged = Pick<
  RunDescription,
  'agentName' | 'conversationId' | 'timing' | 'traceIds'
>;

/** What is judged when a run is put together: the run, and calls of which no span told. */
export function judgedInRun(
  run: Pick<BuiltRun, 'trajectoryId' | 'rootSpanId' | 'outcome' | 'calls'> & {
    readonly description: DescriptionOfJudged;
  },
  part: Pick<RunPart, 'runId' | 'traceId'>,
): readonly Judged[] {
  if (part.runId !== undefined) return [];
  const { description, trajectoryId } = run;
  const place = {
    traceId: description.traceIds[0],
    agent: description.agentName,
    conversationId: description.conversationId,
  };
  const calls = run.calls
    .filter((call) => call.spanId === undefined)
    .map(({ timeUnixNano, tool, callId, outcome }, index) => ({
      ...place,
      kind: 'tool_call' as const,
      timeUnixNano,
      spanId: undefined,
      key: `${trajectoryId} ${callId ?? index}`,
      tool,
      toolCallId: callId,
      errorType: undefined,
      outcome,
    }));
  return [
    ...calls,
    {
      ...place,
      kind: 'run',
      timeUnixNano: description.timing.endTimeUnixNano,
      spanId: run.rootSpanId,
      key: `${trajectoryId} ${run.outcome.outcome}`,
      trajectoryId,
      outcome: run.outcome,
    },
  ];
}
