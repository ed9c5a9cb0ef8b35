import {
  everyStep,
  FailureClass,
  RunOutcomeKind,
  type PlacedStep,
  type Trajectory,
  type TrajectoryExtra,
} from '@aftertrace/schema';

import { lineId, type LineId } from './line-id.ts';

/** What the index knows of a line besides its place. */
export interface LineFacts {
  readonly id: LineId;
  readonly revision: number;
  readonly outcome: RunOutcomeKind;
  readonly agent: string;
  /** Tools of which some call failed. */
  readonly failedTools: readonly string[];
  /** What went wrong with them. */
  readonly failedClasses: readonly FailureClass[];
  readonly endTimeUnixNano: string;
  readonly durationMillis: number;
  readonly conversationId: string | undefined;
  readonly onBehalfOf: string | undefined;
  /** Of the telemetry that the line was made from. */
  readonly digest: string | undefined;
  /** Spans and events that it was made from. */
  readonly records: number;
  readonly rootEnded: boolean;
  readonly steps: number;
  readonly blobs: NonNullable<TrajectoryExtra['blobs']>;
}

/** Reads off a line what its index entry says. */
export function factsOf(trajectory: Trajectory): LineFacts {
  const { aftertrace } = trajectory.extra;
  const { completeness, timing } = aftertrace;
  const steps = everyStep(trajectory);
  return {
    id: lineId(trajectory.trajectory_id),
    revision: aftertrace.revision,
    outcome: aftertrace.outcome.outcome,
    agent: trajectory.agent.name,
    ...failuresOf(aftertrace, steps),
    endTimeUnixNano: timing.endTimeUnixNano,
    durationMillis: timing.durationMillis,
    conversationId: aftertrace.conversationId,
    onBehalfOf: aftertrace.onBehalfOf,
    digest: completeness.digest,
    records: completeness.spans + (completeness.events ?? 0),
    rootEnded: completeness.rootEnded,
    steps: steps.length,
    blobs: aftertrace.blobs ?? [],
  };
}

function failuresOf(
  { failure }: TrajectoryExtra,
  steps: readonly PlacedStep[],
): Pick<LineFacts, 'failedTools' | 'failedClasses'> {
  const tools = new Set<string>();
  const classes = new Set<FailureClass>();
  if (failure?.tool !== undefined) tools.add(failure.tool);
  if (failure?.outcome?.class !== undefined) classes.add(failure.outcome.class);
  for (const { step } of steps) {
    const { observation, tool_calls: calls } = step;
    for (const result of observation?.results ?? []) {
      const judged = judgementOf(result.extra);
      if (judged?.outcome !== 'failed') continue;
      if (isClass(judged.class)) classes.add(judged.class);
      const call = calls?.find((candidate) => candidate.tool_call_id === result.source_call_id);
      if (call !== undefined) tools.add(call.function_name);
    }
  }
  return { failedTools: [...tools], failedClasses: [...classes] };
}

function judgementOf(
  extra: Readonly<Record<string, unknown>> | undefined,
): { readonly outcome?: unknown; readonly class?: unknown } | undefined {
  const ours = extra?.['aftertrace'] as { readonly outcome?: unknown } | undefined;
  return typeof ours?.outcome === 'object' && ours.outcome !== null ? ours.outcome : undefined;
}

const CLASSES: ReadonlySet<unknown> = new Set(FailureClass.options);
const isClass = (value: unknown): value is FailureClass => CLASSES.has(value);
const OUTCOMES: ReadonlySet<unknown> = new Set(RunOutcomeKind.options);

/**
 * The facts of a parsed line that came from a file, or `undefined` where it is no trajectory. Looks at what the index
 * needs only: whoever reads the line checks all of it.
 */
export function factsOfParsed(value: unknown): LineFacts | undefined {
  const line = value as Partial<Trajectory> | null;
  const ours = line?.extra?.aftertrace;
  const looksRight =
    line?.schema_version === 'ATIF-v1.7' &&
    typeof line.trajectory_id === 'string' &&
    typeof line.agent?.name === 'string' &&
    Array.isArray(line.steps) &&
    Number.isSafeInteger(ours?.revision) &&
    OUTCOMES.has(ours?.outcome?.outcome) &&
    /^\d{1,20}$/.test(String(ours?.timing?.endTimeUnixNano)) &&
    typeof ours?.timing.durationMillis === 'number' &&
    Number.isSafeInteger(ours.completeness?.spans);
  if (!looksRight) return undefined;
  try {
    return factsOf(line as Trajectory);
  } catch {
    return undefined; // Something deeper is not as it should be: the line is shown as broken.
  }
}
