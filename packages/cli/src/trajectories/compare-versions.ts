import type { RunOutcomeKind, Trajectory } from '@aftertrace/schema';

/** What an agent ran as. Absent: its telemetry does not say. */
export interface Versions {
  readonly agentVersion?: string;
  readonly model?: string;
  readonly promptDigest?: string;
  readonly toolsDigest?: string;
  readonly memoryVersion?: string;
  readonly policyRevision?: number;
}

/** One combination of versions of one agent, and how its runs ended. */
export interface VersionRow {
  readonly agent: string;
  readonly versions: Versions;
  /** What differs from the combination of the same agent that was first seen before it; empty for the first. */
  readonly changed: readonly (keyof Versions)[];
  readonly runs: number;
  readonly outcomes: Readonly<Partial<Record<RunOutcomeKind, number>>>;
  /** Starts of the first and of the last run, RFC 3339. */
  readonly firstSeen: string;
  readonly lastSeen: string;
}

const FIELDS = [
  'agentVersion',
  'model',
  'promptDigest',
  'toolsDigest',
  'memoryVersion',
  'policyRevision',
] as const;

interface Tally {
  readonly agent: string;
  readonly versions: Versions;
  runs: number;
  readonly outcomes: Map<RunOutcomeKind, number>;
  first: bigint;
  last: bigint;
}

/** The combinations in which agents ran, by agent and then by when they were first seen. */
export async function compareVersions(
  lines: AsyncIterable<Trajectory>,
): Promise<readonly VersionRow[]> {
  const tallies = new Map<string, Tally>();
  for await (const line of lines) {
    const versions = versionsOf(line);
    const key = JSON.stringify([line.agent.name, FIELDS.map((field) => versions[field] ?? null)]);
    const at = BigInt(line.extra.aftertrace.timing.startTimeUnixNano);
    const tally = tallies.get(key) ?? {
      agent: line.agent.name,
      versions,
      runs: 0,
      outcomes: new Map<RunOutcomeKind, number>(),
      first: at,
      last: at,
    };
    tallies.set(key, tally);
    const { outcome } = line.extra.aftertrace.outcome;
    tally.runs += 1;
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
    if (at < tally.first) tally.first = at;
    if (at > tally.last) tally.last = at;
  }
  const sorted = [...tallies.values()].toSorted(
    (a, b) => compareTexts(a.agent, b.agent) || (a.first < b.first ? -1 : 1),
  );
  return sorted.map((tally, index) => toRow(tally, sorted[index - 1]));
}

/** What the line says that its agent ran as. */
export function versionsOf({ agent, extra }: Trajectory): Versions {
  const told = agent.extra ?? {};
  const { policyRevision } = extra.aftertrace;
  return {
    ...(agent.version === UNKNOWN_VERSION ? {} : { agentVersion: agent.version }),
    ...(agent.model_name === undefined ? {} : { model: agent.model_name }),
    ...textIn(told, 'promptDigest'),
    ...textIn(told, 'toolsDigest'),
    ...textIn(told, 'memoryVersion'),
    ...(policyRevision === undefined ? {} : { policyRevision }),
  };
}

/** ATIF demands a version; this is what a line has where the telemetry has none. */
const UNKNOWN_VERSION = 'unknown';

function textIn(told: Readonly<Record<string, unknown>>, name: keyof Versions): Versions {
  const value = told[name];
  return typeof value === 'string' ? { [name]: value } : {};
}

function toRow(tally: Tally, before: Tally | undefined): VersionRow {
  const earlier = before?.agent === tally.agent ? before.versions : undefined;
  return {
    agent: tally.agent,
    versions: tally.versions,
    changed:
      earlier === undefined
        ? []
        : FIELDS.filter((field) => earlier[field] !== tally.versions[field]),
    runs: tally.runs,
    outcomes: Object.fromEntries(tally.outcomes),
    firstSeen: isoOf(tally.first),
    lastSeen: isoOf(tally.last),
  };
}

function isoOf(nanos: bigint): string {
  return new Date(Number(nanos / 1_000_000n)).toISOString();
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
