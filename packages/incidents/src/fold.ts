import {
  Finding,
  IncidentState,
  Severity,
  type EvidenceRef,
  type Incident,
  type IncidentEvent,
  type IncidentLogLine,
} from '@aftertrace/schema';
import { z } from 'zod';

import type { ChainHead } from './event-chain.ts';
import { worseSeverity } from './title.ts';

const MAX_EVIDENCE = 100;

/** `data` of an `opened` event: what the incident is, with the finding that opened it. */
export const OpenedData = z.looseObject({
  fingerprint: z.string(),
  title: z.string(),
  /** Id of the opening rule. */
  rule: z.string(),
  finding: Finding,
});

/** `data` of a `finding` event. */
export const FindingData = z.looseObject({ finding: Finding });

/** `data` of a `run_linked` event: where the run's line is. */
export const RunLinkedData = z.looseObject({
  run: z.string().optional(),
  trajectory: z.string(),
  revision: z.int().positive(),
  file: z.string(),
  line: z.int().positive(),
  outcome: z.string(),
  conversation: z.string().optional(),
});
export type RunLinkedData = z.infer<typeof RunLinkedData>;

/** `data` of a `containment_linked` event: what was ordered, and how far it is. */
export const ContainmentLinkedData = z.looseObject({
  id: z.string(),
  kind: z.string(),
  /** Changes whenever there is something new to tell. */
  status: z.string(),
  /** The tool that it takes away; absent: all. */
  tool: z.string().optional(),
});
export type ContainmentLinkedData = z.infer<typeof ContainmentLinkedData>;

/** `data` of an `override_linked` event. */
export const OverrideLinkedData = z.looseObject({ id: z.string(), status: z.string() });

const SeverityData = z.looseObject({ severity: Severity });
const OwnerData = z.looseObject({ owner: z.string() });
const MergedData = z.looseObject({ mergedInto: z.string().optional() });
const NoticeData = z.looseObject({
  destination: z.string(),
  status: z.string(),
  externalId: z.string().optional(),
});
const Moved = z.object({ to: IncidentState });

/**
 * An incident as it is folded: sets instead of lists, so that an event costs the same however long the incident is.
 * Only `applyEvent` changes it.
 */
export interface IncidentFold {
  readonly opened: z.infer<typeof OpenedData>;
  readonly id: string;
  readonly detectedAt: string;
  readonly events: IncidentEvent[];
  readonly findings: Set<string>;
  readonly runs: Set<string>;
  readonly traces: Set<string>;
  /** Revision last linked, by trajectory. */
  readonly trajectories: Map<string, number>;
  readonly conversations: Set<string>;
  /** As last linked. */
  readonly containments: Map<string, ContainmentLinkedData>;
  /** Last outcome linked, by override. */
  readonly overrides: Map<string, string>;
  readonly evidence: EvidenceRef[];
  readonly destinations: Map<string, Incident['destinations'][string]>;
  head: ChainHead;
  state: IncidentState;
  /** When it came into `state`. */
  stateSince: string;
  /** When it last left the active states (resolved or dismissed); cleared by reopening. */
  settledAt: string | undefined;
  severity: Severity;
  firstSeen: string;
  lastSeen: string;
  awareAt: string | undefined;
  owner: string | undefined;
  duplicateOf: string | undefined;
}

/** Starts a fold from an incident's first event. `undefined`: the event is not a whole `opened` event. */
export function startFold(line: IncidentLogLine): IncidentFold | undefined {
  const opened = OpenedData.safeParse(line.data);
  if (line.type !== 'opened' || !opened.success) return undefined;
  const { finding } = opened.data;
  const fold: IncidentFold = {
    opened: opened.data,
    id: line.incident,
    detectedAt: line.at,
    events: [],
    findings: new Set(),
    runs: new Set(),
    traces: new Set(),
    trajectories: new Map(),
    conversations: new Set(),
    containments: new Map(),
    overrides: new Map(),
    evidence: [],
    destinations: new Map(),
    head: { seq: line.seq, hash: line.hash },
    state: 'triage',
    stateSince: line.at,
    settledAt: undefined,
    severity: finding.severityHint,
    firstSeen: finding.at,
    lastSeen: finding.at,
    awareAt: undefined,
    owner: undefined,
    duplicateOf: undefined,
  };
  addFinding(fold, finding);
  keep(fold, line);
  return fold;
}

/** Takes one more event in. Unknown or malformed data changes nothing but is kept in `events`. */
export function applyEvent(fold: IncidentFold, line: IncidentLogLine): void {
  switch (line.type) {
    case 'finding':
      withData(FindingData, line, ({ finding }) => addFinding(fold, finding));
      break;
    case 'transition':
      withMove(fold, line);
      break;
    case 'run_linked':
      withData(RunLinkedData, line, (data) => {
        if (data.run !== undefined) fold.runs.add(data.run);
        if (data.conversation !== undefined) fold.conversations.add(data.conversation);
        fold.trajectories.set(data.trajectory, data.revision);
      });
      break;
    case 'containment_linked':
      withData(ContainmentLinkedData, line, (data) => fold.containments.set(data.id, data));
      break;
    case 'override_linked':
      withData(OverrideLinkedData, line, (data) => fold.overrides.set(data.id, data.status));
      break;
    case 'severity_changed':
      withData(SeverityData, line, (data) => {
        fold.severity = data.severity;
      });
      break;
    case 'owner_changed':
      withData(OwnerData, line, (data) => {
        fold.owner = data.owner;
      });
      break;
    case 'notified':
    case 'notification_failed':
      withData(NoticeData, line, ({ destination, status, externalId }) =>
        fold.destinations.set(destination, {
          lastStatus: status,
          at: line.at,
          ...(externalId === undefined ? {} : { externalId }),
        }),
      );
      break;
    case 'opened':
    case 'note':
      break;
  }
  keep(fold, line);
}

function withData<T>(schema: z.ZodType<T>, line: IncidentLogLine, use: (data: T) => void): void {
  const data = schema.safeParse(line.data);
  if (data.success) use(data.data);
}

function withMove(fold: IncidentFold, line: IncidentLogLine): void {
  const moved = Moved.safeParse(line);
  if (!moved.success) return;
  const { to } = moved.data;
  if (to === 'open' && line.actor.kind !== 'system') fold.awareAt ??= line.at;
  if (to === 'resolved' || to === 'dismissed') fold.settledAt = line.at;
  if (to === 'open') fold.settledAt = undefined;
  if (to === 'merged') {
    withData(MergedData, line, (data) => {
      fold.duplicateOf = data.mergedInto;
    });
  }
  fold.state = to;
  fold.stateSince = line.at;
}

/** Times are compared as instants, since their texts may differ in precision; the text breaks ties. */
function isBefore(a: string, b: string): boolean {
  const difference = Date.parse(a) - Date.parse(b);
  return difference === 0 ? a < b : difference < 0;
}

function addFinding(fold: IncidentFold, finding: Finding): void {
  if (fold.findings.has(finding.id)) return;
  fold.findings.add(finding.id);
  if (isBefore(finding.at, fold.firstSeen)) fold.firstSeen = finding.at;
  if (isBefore(fold.lastSeen, finding.at)) fold.lastSeen = finding.at;
  if (finding.run !== undefined) fold.runs.add(finding.run);
  if (finding.conversation !== undefined) fold.conversations.add(finding.conversation);
  for (const ref of finding.evidence) {
    if (ref.traceId !== undefined) fold.traces.add(ref.traceId);
    if (fold.evidence.length < MAX_EVIDENCE) fold.evidence.push(ref);
  }
  fold.severity = worseSeverity(fold.severity, finding.severityHint);
}

function keep(fold: IncidentFold, line: IncidentLogLine): void {
  const { incident: _, ...event } = line;
  fold.events.push(event);
  fold.head = { seq: line.seq, hash: line.hash };
}

/** The incident as a record, cut loose from the fold. */
export function snapshot(fold: IncidentFold): Incident {
  const { opened } = fold;
  const { finding } = opened;
  return {
    id: fold.id,
    title: opened.title,
    state: fold.state,
    severity: fold.severity,
    fingerprint: opened.fingerprint,
    kind: finding.kind,
    detectedBy: {
      detector: finding.detector.id,
      version: finding.detector.version,
      ...optional('rule', finding.rule),
    },
    firstSeen: fold.firstSeen,
    detectedAt: fold.detectedAt,
    lastSeen: fold.lastSeen,
    count: fold.findings.size,
    agent: finding.agent,
    ...optional('class', finding.class),
    ...optional('tool', finding.tool),
    ...optional('environment', finding.environment),
    ...optional('awareAt', fold.awareAt),
    ...optional('owner', fold.owner),
    ...optional('duplicateOf', fold.duplicateOf),
    runs: [...fold.runs],
    trajectories: [...fold.trajectories.keys()],
    conversations: [...fold.conversations],
    containments: [...fold.containments.keys()],
    overrides: [...fold.overrides.keys()],
    evidence: [...fold.evidence],
    destinations: Object.fromEntries(fold.destinations),
    events: [...fold.events],
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>);
}

/** Folds the events of one incident, in order. `undefined`: they do not start with a whole `opened` event. */
export function foldIncident(lines: readonly IncidentLogLine[]): Incident | undefined {
  const [first, ...rest] = lines;
  if (first === undefined) return undefined;
  const fold = startFold(first);
  if (fold === undefined) return undefined;
  for (const line of rest) applyEvent(fold, line);
  return snapshot(fold);
}
