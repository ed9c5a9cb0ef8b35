import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { until } from './processes.ts';
import { STORY } from './story.ts';
import type { World } from './world.ts';

/** What the demo found out, read from Aftertrace's own files and commands: nothing is carried over from the script. */
export interface Facts {
  readonly dir: string;
  readonly dataDir: string;
  readonly agentPids: readonly number[];
  readonly runs: {
    readonly success: number;
    readonly failure: number;
    readonly unresolved: number;
  };
  readonly toolCalls: number;
  readonly failedCalls: readonly FailedCall[];
  /** Decisions other than plain allow that stand in the lines, by action. */
  readonly decisions: Readonly<Record<string, number>>;
  readonly deniedByPolicy: number;
  readonly deniedByContainment: number;
  readonly overrides: readonly OverrideFact[];
  readonly containment: ContainmentFact;
  readonly reload: ReloadFact;
  readonly incidents: readonly IncidentFact[];
  readonly incident: string;
  readonly notices: readonly { readonly type: string; readonly valid: boolean }[];
  readonly backtest: BacktestFact;
  readonly review: {
    readonly markdown: string;
    readonly json: string;
    readonly rows: number;
    readonly linked: number;
  };
  readonly audit: { readonly ok: boolean; readonly entries: number };
  readonly redactions: Readonly<Record<string, number>>;
}

export interface FailedCall {
  readonly ticket: string;
  readonly tool: string;
  readonly channel: string;
  readonly class: string;
  readonly rule: string;
  readonly certainty: string;
}

export interface OverrideFact {
  readonly decision: string;
  readonly actor: string;
  readonly reason: string;
  readonly prior: string;
  readonly outcome: string;
}

/** A containment as `aftertrace revoke --json` answers. */
export interface ContainmentFact {
  readonly state: string;
  readonly containment: {
    readonly id: string;
    readonly requestedAt: string;
    readonly expiresAt?: string;
    readonly effective: readonly { readonly instance: string; readonly at: string }[];
  };
}

/** What `policy publish --wait` answered: a revision, and since when it is in force in each process. */
export interface ReloadFact {
  readonly revision: number;
  readonly effective: readonly { readonly instance: string; readonly at: string }[];
}

export interface IncidentFact {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly severity: string;
  readonly count: number;
  readonly tool?: string;
}

export interface BacktestFact {
  readonly runs: number;
  readonly calls: number;
  readonly byRule: Readonly<Record<string, RuleFact>>;
  readonly notEvaluable: { readonly count: number };
}

interface RuleFact {
  readonly verdict: string;
  readonly calls: number;
  readonly inFailedRuns: number;
  readonly inGoodRuns: number;
}

export interface GatherInput {
  readonly world: World;
  readonly incident: string;
  /** What `revoke --wait` answered. */
  readonly revoked: ContainmentFact;
  readonly reload: ReloadFact;
  readonly agentPids: readonly number[];
  readonly backtestFile: string;
  /** Runs a command of `aftertrace` with `--json` and gives what it printed. */
  readonly run: <T>(args: readonly string[]) => Promise<T>;
}

/** Waits until every run is written, then asks. */
export async function gatherFacts(input: GatherInput): Promise<Facts> {
  const { world, run } = input;
  const lines = await until('every run to be written', async () => {
    const read = await readLines(world.dataDir);
    const all = read.success.length + read.failure.length + read.unresolved.length;
    return all >= STORY.length ? read : undefined;
  });
  const all = [...lines.success, ...lines.failure, ...lines.unresolved];
  const calls = all.flatMap(callsOf);
  const decisions = all.flatMap((line) => ours(line).decisions);
  const reviewed = await run<{ markdown: string; json: string; rows: number; linked: number }>([
    'review',
    input.incident,
  ]);
  return {
    dir: world.dir,
    dataDir: world.dataDir,
    agentPids: input.agentPids,
    runs: {
      success: lines.success.length,
      failure: lines.failure.length,
      unresolved: lines.unresolved.length,
    },
    toolCalls: calls.length,
    failedCalls: calls.filter(({ outcome }) => outcome.outcome === 'failed').map(toFailedCall),
    decisions: countBy(decisions, ({ action }) => action),
    deniedByPolicy: decisions.filter(
      ({ action, source }) => action === 'block' && source === 'policy',
    ).length,
    deniedByContainment: decisions.filter(({ source }) => source === 'containment').length,
    overrides: all.flatMap((line) => ours(line).overrides).map(toOverrideFact),
    containment: input.revoked,
    reload: input.reload,
    incidents: await run<IncidentFact[]>(['incidents', 'list']),
    incident: input.incident,
    notices: world.webhook
      .takeLines()
      .map((text) => JSON.parse(text) as { type: string; valid: boolean }),
    backtest: await run<BacktestFact>(['policy', 'backtest', input.backtestFile]),
    review: reviewed,
    audit: await run<{ ok: boolean; entries: number }>(['audit', 'verify']),
    redactions: sumCounts(all.map((line) => ours(line).redaction.counts)),
  };
}

interface Outcome {
  readonly outcome: string;
  readonly channel?: string;
  readonly class?: string;
  readonly rule: string;
  readonly certainty: string;
}

interface Decided {
  readonly action: string;
  readonly source: string;
}

interface Overridden {
  readonly decision: string;
  readonly reason: string;
  readonly actor: { readonly id: string };
  readonly prior?: { readonly source: string; readonly decision: string; readonly rule?: string };
  readonly outcome?: { readonly status: string };
}

/** A trajectory line, as far as the demo reads it. */
interface Line {
  readonly steps: readonly {
    readonly source: string;
    readonly message: unknown;
    readonly tool_calls?: readonly {
      readonly tool_call_id: string;
      readonly function_name: string;
    }[];
    readonly observation?: {
      readonly results: readonly {
        readonly source_call_id?: string | null;
        readonly extra?: { readonly aftertrace?: { readonly outcome?: Outcome } };
      }[];
    };
  }[];
  readonly extra: {
    readonly aftertrace: {
      readonly decisions: readonly Decided[];
      readonly overrides: readonly Overridden[];
      readonly redaction: { readonly counts: Readonly<Record<string, number>> };
    };
  };
}

interface Lines {
  readonly success: Line[];
  readonly failure: Line[];
  readonly unresolved: Line[];
}

const ours = (line: Line): Line['extra']['aftertrace'] => line.extra.aftertrace;

/** The JSONL files, read as anybody would. */
export async function readLines(dataDir: string): Promise<Lines> {
  const [success, failure, unresolved] = await Promise.all(
    (['success', 'failure', 'unresolved'] as const).map(async (outcome) => {
      const folder = path.join(dataDir, 'trajectories', outcome);
      const files = await readdir(folder).catch(() => []);
      const texts = await Promise.all(
        files
          .filter((file) => file.endsWith('.jsonl'))
          .map((file) => readFile(path.join(folder, file), 'utf8')),
      );
      return texts.flatMap((text) =>
        text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Line),
      );
    }),
  );
  return { success: success ?? [], failure: failure ?? [], unresolved: unresolved ?? [] };
}

function callsOf(line: Line): { ticket: string; tool: string; outcome: Outcome }[] {
  const ticket =
    /\[(T-\d{3})\]/.exec(JSON.stringify(line.steps.map(({ message }) => message)))?.[1] ?? '?';
  return line.steps.flatMap((step) =>
    (step.tool_calls ?? []).flatMap((call) => {
      const result = step.observation?.results.find(
        ({ source_call_id }) => source_call_id === call.tool_call_id,
      );
      const outcome = result?.extra?.aftertrace?.outcome;
      return outcome === undefined ? [] : [{ ticket, tool: call.function_name, outcome }];
    }),
  );
}

function toFailedCall(call: { ticket: string; tool: string; outcome: Outcome }): FailedCall {
  const { channel, rule, certainty } = call.outcome;
  return {
    ticket: call.ticket,
    tool: call.tool,
    channel: channel ?? '?',
    class: call.outcome.class ?? '?',
    rule,
    certainty,
  };
}

function toOverrideFact(override: Overridden): OverrideFact {
  return {
    decision: override.decision,
    actor: override.actor.id,
    reason: override.reason,
    prior: `${override.prior?.source}: ${override.prior?.decision} (${override.prior?.rule ?? 'no rule'})`,
    outcome: override.outcome?.status ?? '?',
  };
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

function sumCounts(maps: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const map of maps) {
    for (const [key, count] of Object.entries(map)) sum[key] = (sum[key] ?? 0) + count;
  }
  return sum;
}
