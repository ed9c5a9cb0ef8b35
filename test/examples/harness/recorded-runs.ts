import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** What is read of a line; `docs/reference/trajectory-line.md` has all of it. */
interface Line {
  readonly trajectory_id?: string;
  readonly agent: { readonly name: string };
  readonly steps?: readonly Step[];
  readonly subagent_trajectories?: readonly Line[];
  readonly extra: { readonly aftertrace: Partial<Own> };
}

interface Own {
  readonly revision: number;
  readonly decisions: readonly Decision[];
  readonly overrides: readonly { readonly decision: string }[];
}

interface Decision {
  readonly spanId?: string;
  readonly verdict: string;
  readonly rule?: string;
}

interface Step {
  readonly tool_calls?: readonly ToolCall[];
  readonly observation?: { readonly results: readonly ToolResult[] };
}

interface ToolCall {
  readonly function_name: string;
  readonly tool_call_id: string;
  readonly extra?: { readonly aftertrace?: { readonly spanId?: string } };
}

interface ToolResult {
  readonly source_call_id?: string;
  readonly extra?: {
    readonly aftertrace?: {
      readonly outcome?: { readonly outcome: string; readonly rule?: string };
    };
  };
}

/** A call as the line tells it. */
export interface RecordedCall {
  readonly tool: string;
  readonly outcome: string | undefined;
  readonly rule: string | undefined;
  readonly decisions: readonly { readonly verdict: string; readonly rule: string | undefined }[];
}

/** A run as the line tells it. */
export interface RecordedRun {
  readonly id: string;
  /** Directory of its line; empty for a run inside of another, which is in that one's. */
  readonly file: string;
  readonly agent: string;
  readonly calls: readonly RecordedCall[];
  readonly overrides: readonly string[];
  readonly inside: readonly RecordedRun[];
}

/** Every run of a companion's data directory, each by its newest line. */
export async function readRuns(dataDir: string): Promise<readonly RecordedRun[]> {
  const newest = new Map<string, { readonly revision: number; readonly run: RecordedRun }>();
  for (const file of ['success', 'failure', 'unresolved']) {
    for (const line of await linesOf(path.join(dataDir, 'trajectories', file))) {
      const { trajectory_id: id, steps } = line;
      if (id === undefined || steps === undefined) continue;
      const { revision = 0, decisions = [] } = line.extra.aftertrace;
      if (revision > (newest.get(id)?.revision ?? -1)) {
        newest.set(id, { revision, run: runOf(line, file, decisions) });
      }
    }
  }
  return [...newest.values()].map(({ run }) => run);
}

async function linesOf(directory: string): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.jsonl'))) {
    const text = await readFile(path.join(directory, name), 'utf8');
    for (const line of text.split('\n').slice(0, -1)) lines.push(JSON.parse(line) as Line);
  }
  return lines;
}

/** Decisions of a run inside are in the line of the whole. */
function runOf(line: Line, file: string, decisions: readonly Decision[]): RecordedRun {
  return {
    id: line.trajectory_id ?? '',
    file,
    agent: line.agent.name,
    calls: (line.steps ?? []).flatMap((step) => callsOf(step, decisions)),
    overrides: (line.extra.aftertrace.overrides ?? []).map(({ decision }) => decision),
    inside: (line.subagent_trajectories ?? []).map((inner) => runOf(inner, '', decisions)),
  };
}

function callsOf({ tool_calls = [], observation }: Step, decisions: readonly Decision[]) {
  return tool_calls.map(({ function_name: tool, tool_call_id: id, extra }): RecordedCall => {
    const result = observation?.results.find(({ source_call_id }) => source_call_id === id);
    const outcome = result?.extra?.aftertrace?.outcome;
    const spanId = extra?.aftertrace?.spanId;
    return {
      tool,
      outcome: outcome?.outcome,
      rule: outcome?.rule,
      decisions: decisions
        .filter((decision) => spanId !== undefined && decision.spanId === spanId)
        .map(({ verdict, rule }) => ({ verdict, rule })),
    };
  });
}
