import {
  Attr,
  EventName,
  trajectoryId,
  type Finding,
  type RunOutcomeBasis,
} from '@aftertrace/schema';

import { eventTime, type EventRecord, type SpanRecord } from '../assemble/records.ts';
import { isoTime } from '../assemble/iso-time.ts';
import { stringOf } from '../decode/dialects/attribute-readers.ts';
import type { BuiltRun } from '../trajectory/build-trajectory.ts';
import { environmentOf, serviceName } from '../trajectory/describe-run.ts';
import {
  circuitFinding,
  decisionFinding,
  loopFinding,
  overrideFinding,
  runFailureFinding,
  toolFailureFinding,
  type FindingContext,
} from './findings.ts';
import { createFindingWaitingRoom, type HeldFindings } from './held-findings.ts';
import { createLoopWatch } from './loop-watch.ts';

const IDS_KEPT = 100_000;

/** Makes findings as records arrive, each once, whether a span or an event brings it first. */
export interface FindingDesk {
  /** @param at milliseconds of the pipeline's clock, which {@link due} is asked with */
  fromSpan(record: SpanRecord, at: number): SpanFindings;
  fromEvent(record: EventRecord): readonly Finding[];
  /** What is known when the run is put together: failed calls that only a message history told of, or its own failure. */
  fromRun(run: BuiltRun, runId: string | undefined): readonly Finding[];
  /** What waits for its run no longer: see {@link FindingWaitingRoom}. */
  due(at: number): readonly Finding[];
}

/** What a span gives to tell. */
export interface SpanFindings {
  readonly findings: readonly Finding[];
  /** There is something to tell, at once or as soon as it is known of which agent. */
  readonly isEventful: boolean;
}

const NOTHING: SpanFindings = { findings: [], isEventful: false };

/** Remembers the last 100,000 ids; an older finding that comes again is given again, with its same id. */
export function createFindingDesk(): FindingDesk {
  const seen = new Set<string>();
  const watch = createLoopWatch();
  const room = createFindingWaitingRoom();
  const isNew = (finding: Finding): boolean => {
    if (seen.has(finding.id)) return false;
    seen.add(finding.id);
    if (seen.size > IDS_KEPT) {
      const [oldest] = seen;
      if (oldest !== undefined) seen.delete(oldest);
    }
    return true;
  };
  return {
    fromSpan: (record, at) => {
      const loop = watch.addSpan(record);
      if (loop === undefined && isUneventful(record)) return NOTHING;
      const context = contextOfSpan(record);
      // A run that goes in circles may never end: nobody waits for its name.
      const loops = loop === undefined ? [] : [loopFinding(context, loop)].filter(isNew);
      const make = makerOf(record, context);
      const isNamed = namesAgent(record);
      const findings = make(context).filter(({ id }) => !seen.has(id));
      const now =
        isNamed || findings.length === 0 ? findings : room.hold({ context, make, heldAt: at });
      return {
        findings: [...now.filter(isNew), ...loops],
        isEventful: findings.length + loops.length > 0,
      };
    },
    fromEvent: (record) => {
      const loop = watch.addEvent(record);
      const found = loop === undefined ? [] : [loopFinding(contextOfEvent(record), loop)];
      return [...findingsOfEvent(record), ...found].filter(isNew);
    },
    fromRun: (run, runId) => {
      const isTold = endedInLoop(run) && watch.hasTold(runId, run.description.traceIds[0]);
      return [...room.ofRun(run), ...findingsOfRun(run, runId)]
        .filter(({ kind }) => !(isTold && kind === 'run_failure'))
        .filter(isNew);
    },
    due: (at) => room.due(at).filter(isNew),
  };
}

/** Dialects whose records name a call by its id, which is used once, and stand on a span that is not the call's. */
const NAMES_CALLS_BY_ID: ReadonlySet<string> = new Set(['claude-code']);

function contextOfSpan({ span, view, note, runId }: SpanRecord): FindingContext {
  return {
    at: isoTime(span.endTimeUnixNano),
    agent: view.agentName ?? note?.agentName ?? serviceName(span.resource.attributes) ?? 'unknown',
    tool: (view.tool ?? note?.tool)?.name,
    toolCallId: view.tool?.callId ?? note?.callId,
    run: runId,
    conversation: view.conversationId,
    environment: environmentOf(span.resource.attributes),
    traceId: span.traceId,
    spanId: note?.callSpanId ?? span.spanId,
    isKnownById: NAMES_CALLS_BY_ID.has(view.dialect),
    trajectoryId: idOfRun(runId),
  };
}

/** Nothing of the span is worth telling: so it is with nearly all. */
function isUneventful({ outcome, decision, override }: SpanRecord): boolean {
  return outcome?.outcome !== 'failed' && decision === undefined && override === undefined;
}

/** Agents of ours say who they are, where they know it; of others the service may stand for several. */
function namesAgent({ view, note, runId }: SpanRecord): boolean {
  return view.agentName !== undefined || note?.agentName !== undefined || runId !== undefined;
}

/** What is to be told of a span, for when its agent is known. It holds on to nothing that the span carries. */
function makerOf(record: SpanRecord, at: FindingContext): HeldFindings['make'] {
  const { outcome, decision, override, note } = record;
  const failure = outcome?.outcome === 'failed' && isNamed(record, at) ? outcome : undefined;
  const isOfOther = note?.decision !== undefined && note.decision.tool === undefined;
  const decided = isOfOther ? { decision: undefined, override: undefined } : { decision, override };
  return (context) => [
    ...(failure === undefined ? [] : [toolFailureFinding(context, failure)]),
    ...findingsOfDecisions(context, decided),
  ];
}

/** A note that does not know which tool it was: its call is told with the run, by its name. */
function isNamed({ note }: SpanRecord, { tool }: FindingContext): boolean {
  return note === undefined || (tool !== undefined && tool !== 'unknown');
}

function contextOfEvent(record: EventRecord): FindingContext {
  const { log, view } = record;
  return {
    at: isoTime(eventTime(log)),
    agent:
      view?.agentName ??
      stringOf(log.attributes, 'gen_ai.agent.name') ??
      serviceName(log.resource.attributes) ??
      'unknown',
    tool: view?.tool?.name ?? stringOf(log.attributes, 'gen_ai.tool.name'),
    toolCallId: view?.callId ?? stringOf(log.attributes, 'gen_ai.tool.call.id'),
    run: record.runId,
    conversation: view?.conversationId ?? stringOf(log.attributes, 'gen_ai.conversation.id'),
    isKnownById: view !== undefined && NAMES_CALLS_BY_ID.has(view.dialect),
    environment: environmentOf(log.resource.attributes),
    traceId: log.traceId,
    spanId: log.spanId,
    trajectoryId: idOfRun(record.runId),
  };
}

function findingsOfEvent(record: EventRecord): readonly Finding[] {
  const { outcome } = record;
  const context = contextOfEvent(record);
  const failed = outcome?.outcome === 'failed' ? [toolFailureFinding(context, outcome)] : [];
  return [
    ...failed,
    ...findingsOfDecisions(context, record),
    ...findingsOfCircuit(context, record),
  ];
}

function findingsOfCircuit(context: FindingContext, { log }: EventRecord): readonly Finding[] {
  if (log.eventName !== EventName.CIRCUIT) return [];
  const { attributes } = log;
  const rule = stringOf(attributes, Attr.CIRCUIT_RULE);
  if (rule === undefined || stringOf(attributes, Attr.CIRCUIT_STATE) !== 'open') return [];
  return [circuitFinding(context, { rule, mode: stringOf(attributes, Attr.CIRCUIT_MODE) ?? '' })];
}

function findingsOfDecisions(
  context: FindingContext,
  record: Pick<SpanRecord, 'decision' | 'override'>,
): readonly Finding[] {
  const decision =
    record.decision === undefined ? undefined : decisionFinding(context, record.decision);
  const override =
    record.override === undefined ? undefined : overrideFinding(context, record.override);
  return [decision, override].filter((finding) => finding !== undefined);
}

function findingsOfRun(run: BuiltRun, runId: string | undefined): readonly Finding[] {
  const { description } = run;
  const context: FindingContext = {
    at: isoTime(description.timing.endTimeUnixNano),
    agent: description.agentName,
    tool: undefined,
    toolCallId: undefined,
    run: runId,
    conversation: description.conversationId,
    environment: description.environment,
    traceId: run.traceId,
    spanId: undefined,
    isKnownById: NAMES_CALLS_BY_ID.has(description.dialect),
    trajectoryId: run.trajectoryId,
  };
  const noted = notedFindings(context, run);
  const failed = run.calls.filter((call) => call.outcome.outcome === 'failed');
  if (failed.length === 0 && isFailureOfRun(run))
    return [...noted, runFailureFinding({ ...context, spanId: run.rootSpanId }, run)];
  const late = failed
    .filter((call) => call.spanId === undefined || call.isPieced)
    .map(({ timeUnixNano, tool, callId, spanId, outcome }) =>
      toolFailureFinding(
        { ...context, at: isoTime(timeUnixNano), tool, toolCallId: callId, spanId },
        outcome,
      ),
    );
  return [...noted, ...late];
}

/** What was decided about calls by spans that do not name them; events that do may have told it already. */
function notedFindings(
  context: FindingContext,
  { decisions, overrides }: BuiltRun,
): readonly Finding[] {
  return [
    ...decisions.flatMap((decision) =>
      findingsOfDecisions(
        { ...context, at: decision.at ?? context.at, spanId: decision.spanId },
        { decision, override: undefined },
      ),
    ),
    ...overrides.flatMap((override) =>
      findingsOfDecisions(
        { ...context, at: override.at ?? context.at, spanId: override.spanId },
        { decision: undefined, override },
      ),
    ),
  ];
}

/** What a run's own failure may rest on. A run that was stopped has the decision or the override that stopped it. */
const BASES_OF_RUNS = new Set<RunOutcomeBasis>([
  'explicit',
  'evaluation',
  'root_error',
  'limit_or_loop',
]);

function isFailureOfRun({ outcome }: BuiltRun): boolean {
  return (
    (outcome.outcome === 'failure' || outcome.outcome === 'terminated') &&
    BASES_OF_RUNS.has(outcome.basis)
  );
}

/** By the rules about loops; a limit of the framework is a finding of its own, even if a loop led to it. */
function endedInLoop({ outcome }: BuiltRun): boolean {
  return outcome.rule === 'run.loop' || outcome.rule === 'run.limit';
}

/** Known before the run ends only where the agent minted a run id. */
function idOfRun(runId: string | undefined): string | undefined {
  return runId === undefined ? undefined : trajectoryId({ runId, traceId: '', rootSpanId: '' });
}
