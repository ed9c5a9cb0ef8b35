import { Attr, Core, EventName, GenAi, type TrajectoryExtra } from '@aftertrace/schema';

import { millisBetween, toNanos } from '../assemble/iso-time.ts';
import type { RunPart } from '../assemble/partition.ts';
import { eventTime } from '../assemble/records.ts';
import type {
  RecordedDecision,
  RecordedOverride,
} from '../decode/dialects/aftertrace-attributes.ts';
import { countOf, stringOf } from '../decode/dialects/attribute-readers.ts';
import type { TelemetryAttributes } from '../decode/telemetry.ts';
import type { ToolUse } from './tool-uses.ts';

/** What the spans and events of a run say of it as a whole. */
export interface RunDescription {
  readonly agentName: string;
  readonly agentVersion: string;
  readonly agentExtra: Readonly<Record<string, string>>;
  readonly conversationId: string | undefined;
  readonly onBehalfOf: string | undefined;
  readonly tenant: string | undefined;
  readonly environment: string | undefined;
  readonly service: NonNullable<TrajectoryExtra['service']> | undefined;
  readonly policyRevision: number | undefined;
  readonly dialect: string;
  readonly timing: TrajectoryExtra['timing'];
  readonly traceIds: readonly string[];
}

/** Reads what describes a run: of the root first, then of its events and of every other span. */
export function describeRun(part: RunPart): RunDescription {
  const attributes = attributesOf(part);
  const resource =
    (part.root ?? part.spans[0])?.span.resource.attributes ??
    part.events[0]?.log.resource.attributes ??
    new Map();
  const views = [part.root, ...part.spans].flatMap((record) =>
    record === undefined ? [] : [record.view],
  );
  const told = part.events.flatMap(({ view }) => view ?? []);
  const service = serviceOf(resource);
  const firstView = (field: 'agentName' | 'agentVersion' | 'userId') =>
    (
      views.find((view) => view[field] !== undefined) ??
      told.find((view) => view[field] !== undefined)
    )?.[field];
  return {
    agentName:
      part.root?.view.agentName ??
      first(attributes, GenAi.AGENT_NAME) ??
      firstView('agentName') ??
      serviceName(resource) ??
      part.root?.span.name ??
      'unknown',
    agentVersion:
      firstView('agentVersion') ??
      first(attributes, Attr.AGENT_VERSION) ??
      service?.version ??
      'unknown',
    agentExtra: digestsOf(attributes),
    conversationId: conversationIdOf(part),
    onBehalfOf: firstView('userId') ?? first(attributes, Core.USER_ID),
    tenant: first(attributes, Attr.TENANT),
    environment: environmentOf(resource),
    service,
    policyRevision: attributes
      .map((map) => countOf(map, Attr.POLICY_REVISION))
      .find((value) => value !== undefined),
    dialect: dialectOf(part),
    timing: timingOf(part),
    traceIds: traceIdsOf(part),
  };
}

/** The conversation that the root names, else any span or event. */
export function conversationIdOf(part: RunPart): string | undefined {
  const records = part.root === undefined ? part.spans : [part.root, ...part.spans];
  for (const { view } of records) {
    const { conversationId } = view;
    if (conversationId !== undefined) return conversationId;
  }
  const event = part.events.find(({ view }) => view?.conversationId !== undefined);
  return event?.view?.conversationId ?? first(attributesOf(part), GenAi.CONVERSATION_ID);
}

/** The service, unless it is the SDK's placeholder. */
export function serviceName(resource: TelemetryAttributes): string | undefined {
  const name = stringOf(resource, Core.SERVICE_NAME);
  return name === undefined || name.startsWith('unknown_service') ? undefined : name;
}

/** `deployment.environment.name`, in today's spelling or the one before. */
export function environmentOf(resource: TelemetryAttributes): string | undefined {
  return stringOf(resource, 'deployment.environment.name', 'deployment.environment');
}

/**
 * Decisions of spans and events, each once, in the order of their time. A span and the record that stands on it tell of
 * one decision; the one that knows its call stays.
 */
export function decisionsOf(part: RunPart, uses: readonly ToolUse[]): RecordedDecision[] {
  const decisions = uniqueById(
    [...part.spans, ...part.events].map((record) => record.decision),
    (next, known) => next.toolCallId !== undefined && known.toolCallId === undefined,
  );
  return decisions.map((decision) => {
    if (decision.tool !== undefined) return decision;
    const use = uses.find((each) => each.decision?.id === decision.id);
    if (use === undefined) return decision;
    return {
      ...decision,
      tool: use.name,
      ...(use.callId === undefined ? {} : { toolCallId: use.callId }),
    };
  });
}

/** Overrides, each once; of several states the latest. */
export function overridesOf(part: RunPart, uses: readonly ToolUse[]): RecordedOverride[] {
  const overrides = uniqueById(
    [...part.spans, ...part.events].map((record) => record.override),
    (next, known) => next.prior?.tool !== undefined && known.prior?.tool === undefined,
  );
  return overrides.map((override) => {
    const { prior, spanId } = override;
    if (prior === undefined || prior.tool !== undefined || spanId === undefined) return override;
    const use = uses.find((each) => each.decision?.spanId === spanId);
    return use === undefined ? override : { ...override, prior: { ...prior, tool: use.name } };
  });
}

function uniqueById<Item extends { readonly id: string; readonly at?: string | undefined }>(
  items: readonly (Item | undefined)[],
  knowsMore: (next: Item, known: Item) => boolean,
): Item[] {
  const byId = new Map<string, Item>();
  for (const item of items) {
    if (item === undefined) continue;
    const known = byId.get(item.id);
    const replaces =
      known === undefined ||
      knowsMore(item, known) ||
      (!knowsMore(known, item) && (known.at ?? '') < (item.at ?? ''));
    if (replaces) byId.set(item.id, item);
  }
  return [...byId.values()].sort(
    (left, right) => order(left.at ?? '', right.at ?? '') || order(left.id, right.id),
  );
}

function order(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function attributesOf(part: RunPart): readonly TelemetryAttributes[] {
  const root = part.root === undefined ? [] : [part.root.span.attributes];
  return [
    ...root,
    ...part.events.map((event) => event.log.attributes),
    ...part.spans.map((record) => record.span.attributes),
  ];
}

function first(maps: readonly TelemetryAttributes[], name: string): string | undefined {
  for (const map of maps) {
    const value = map.get(name);
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function digestsOf(attributes: readonly TelemetryAttributes[]): Record<string, string> {
  const names = [
    ['promptDigest', Attr.PROMPT_DIGEST],
    ['toolsDigest', Attr.TOOLS_DIGEST],
    ['memoryVersion', Attr.MEMORY_VERSION],
  ] as const;
  return Object.fromEntries(
    names.flatMap(([field, name]) => {
      const value = first(attributes, name);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

function serviceOf(resource: TelemetryAttributes): TrajectoryExtra['service'] {
  const name = stringOf(resource, Core.SERVICE_NAME);
  const version = stringOf(resource, Core.SERVICE_VERSION);
  const instance = stringOf(resource, Core.SERVICE_INSTANCE_ID);
  if (name === undefined && version === undefined && instance === undefined) return undefined;
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(instance === undefined ? {} : { instance }),
  };
}

/** The dialect of the root, else the one that most of the run's own spans speak. */
function dialectOf(part: RunPart): string {
  const own = part.root?.view.dialect;
  if (own !== undefined && own !== 'unknown') return own;
  const counts = new Map<string, number>();
  for (const { view } of part.spans) {
    if (view.role !== 'other') counts.set(view.dialect, (counts.get(view.dialect) ?? 0) + 1);
  }
  if (counts.size === 0) {
    for (const { view } of part.events) {
      if (view !== undefined) counts.set(view.dialect, (counts.get(view.dialect) ?? 0) + 1);
    }
  }
  const [most] = [...counts].sort(([a, left], [b, right]) => right - left || order(a, b));
  return most?.[0] ?? 'otel-genai';
}

/** From the root where it was seen, else from the earliest to the latest of all. */
export function timingOf(part: RunPart): TrajectoryExtra['timing'] {
  const startTimeUnixNano = part.root?.span.startTimeUnixNano ?? earliest(startsOf(part));
  const endTimeUnixNano =
    part.root?.span.endTimeUnixNano ??
    latest([
      ...part.spans.map(({ span }) => span.endTimeUnixNano),
      ...part.events.map(({ log }) => eventTime(log)),
    ]);
  return {
    startTimeUnixNano,
    endTimeUnixNano,
    durationMillis: millisBetween(startTimeUnixNano, endTimeUnixNano),
  };
}

function startsOf(part: RunPart): readonly string[] {
  const stated = part.events.flatMap(({ log }) => {
    const millis =
      log.eventName === EventName.RUN_ENDED
        ? countOf(log.attributes, Attr.RUN_STARTED_AT)
        : undefined;
    return millis === undefined ? [] : [`${millis}000000`];
  });
  return [
    ...part.spans.map(({ span }) => span.startTimeUnixNano),
    ...part.events.map(({ log }) => eventTime(log)),
    ...stated,
  ];
}

function earliest(times: readonly string[]): string {
  return times
    .map(toNanos)
    .reduce((least, time) => (time < least ? time : least), toNanos(times[0] ?? '0'))
    .toString();
}

function latest(times: readonly string[]): string {
  return times
    .map(toNanos)
    .reduce((most, time) => (time > most ? time : most), 0n)
    .toString();
}

function traceIdsOf(part: RunPart): readonly string[] {
  const ids = new Set([part.traceId]);
  for (const { span } of part.spans) ids.add(span.traceId);
  for (const { log } of part.events) if (log.traceId !== undefined) ids.add(log.traceId);
  return [...ids];
}
