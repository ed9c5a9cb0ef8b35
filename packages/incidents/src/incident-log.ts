import { join } from 'node:path';

import { IncidentLogLine } from '@aftertrace/schema';

import { chainProblem, type ChainHead } from './event-chain.ts';
import { applyEvent, startFold, type IncidentFold } from './fold.ts';
import { readWholeLines } from './read-lines.ts';

/** Where the incidents of a data directory are. */
export function incidentLogPath(dataDir: string): string {
  return join(dataDir, 'incidents.jsonl');
}

/** Something in the log that is not as it was written. */
export interface LogProblem {
  /** Line number from 1. */
  readonly line: number;
  readonly incident?: string;
  /** What is wrong, for a person. */
  readonly message: string;
}

/** What a log holds: state is a fold over it. */
export interface LoadedLog {
  readonly incidents: ReadonlyMap<string, IncidentFold>;
  /** Broken lines and chains. They are told, not hidden: what can be folded still is. */
  readonly problems: readonly LogProblem[];
  readonly wholeBytes: number;
  readonly torn: boolean;
}

function parseLine(text: string): IncidentLogLine | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  const parsed = IncidentLogLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `not an incident event: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
}

/** Reads and folds `incidents.jsonl`. A torn last line is left out; other broken lines are left out and told. */
export async function loadIncidentLog(path: string): Promise<LoadedLog> {
  const { lines, wholeBytes, torn } = await readWholeLines(path);
  const incidents = new Map<string, IncidentFold>();
  const problems: LogProblem[] = [];
  for (const [index, text] of lines.entries()) {
    const problem = takeLine(incidents, text);
    if (problem !== undefined) problems.push({ line: index + 1, ...problem });
  }
  return { incidents, problems, wholeBytes, torn };
}

function takeLine(
  incidents: Map<string, IncidentFold>,
  text: string,
): Omit<LogProblem, 'line'> | undefined {
  const line = parseLine(text);
  if (typeof line === 'string') return { message: line };
  const fold = incidents.get(line.incident);
  const head: ChainHead | undefined = fold?.head;
  const problem = chainProblem(line, head);
  if (fold !== undefined) {
    applyEvent(fold, line);
  } else {
    const started = startFold(line);
    if (started === undefined) {
      return {
        incident: line.incident,
        message: problem ?? 'its first event is not a whole "opened"',
      };
    }
    incidents.set(line.incident, started);
  }
  return problem === undefined ? undefined : { incident: line.incident, message: problem };
}
