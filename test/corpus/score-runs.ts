/**
 * Scores how `@aftertrace/detection` judges whole runs by their tool calls alone, beside two baselines.
 * `node --conditions=@aftertrace/source test/corpus/score-runs.ts [FOLDER] [--json]`; FOLDER holds runs.jsonl,
 * extra_runs.jsonl, calls.jsonl and extra_calls.jsonl.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { createRunJudge, judgeToolCall, toolWrites, type RunJudge } from '@aftertrace/detection';
import type { ToolOutcome } from '@aftertrace/schema';

interface CorpusRun {
  readonly id: string;
  readonly source: string;
  readonly outcome: 'success' | 'failed' | 'unknown';
}

interface CorpusCall {
  readonly run_id: string;
  readonly idx: number;
  readonly tool: string;
  readonly arguments: string;
  readonly result: string;
  readonly is_error_flag: boolean | null;
  readonly extra?: { readonly exit_code?: number };
}

/** A run whose outcome is known, and what is said of it. */
interface ScoredRun {
  readonly source: string;
  readonly failed: boolean;
  /** Rules that call it a failure, the deciding one first. */
  readonly rules: readonly string[];
  readonly anyFailed: boolean;
  readonly lastFailed: boolean;
}

interface Score {
  readonly said: number;
  readonly right: number;
  readonly precision: number | undefined;
  readonly recall: number | undefined;
}

const args = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const folder = resolve(args[0] ?? join(import.meta.dirname, '../../../shared/corpus/calls'));

function readLines(name: string): readonly unknown[] {
  const file = join(folder, name);
  if (!existsSync(file))
    throw new Error(`there is no ${file}; give the folder of the recorded calls`);
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
}

function outcomeOf(call: CorpusCall): ToolOutcome {
  const exitCode = call.extra?.exit_code;
  return judgeToolCall({
    tool: call.tool,
    arguments: parsed(call.arguments),
    result: call.result,
    returned: true,
    ...(call.is_error_flag === true ? { status: 'error' } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Key order does not matter to the arguments that models write, nearly always; the sorted text is enough here. */
function digestOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
  return createHash('sha256').update(sorted).digest('hex');
}

function judged(run: CorpusRun, calls: readonly CorpusCall[]): ScoredRun {
  const judge: RunJudge = createRunJudge();
  const outcomes = calls.map(outcomeOf);
  for (const [index, call] of calls.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    judge.add({
      type: 'tool_call',
      call: {
        tool: call.tool,
        outcome,
        step: index + 1,
        argumentsDigest: digestOf(parsed(call.arguments)),
        resultDigest: digestOf(call.result),
        writes: toolWrites(call.tool),
      },
    });
  }
  judge.add({ type: 'ended' });
  return {
    source: run.source,
    failed: run.outcome === 'failed',
    rules: judge
      .verdicts()
      .filter(({ outcome }) => outcome === 'failure')
      .map(({ rule }) => rule),
    anyFailed: outcomes.some(({ outcome }) => outcome === 'failed'),
    lastFailed: outcomes.at(-1)?.outcome === 'failed',
  };
}

function score(runs: readonly ScoredRun[], says: (run: ScoredRun) => boolean): Score {
  const said = runs.filter(says);
  const right = said.filter(({ failed }) => failed).length;
  const failed = runs.filter((run) => run.failed).length;
  return {
    said: said.length,
    right,
    precision: said.length === 0 ? undefined : right / said.length,
    recall: failed === 0 ? undefined : right / failed,
  };
}

function scoresOf(runs: readonly ScoredRun[]): ReadonlyMap<string, Score> {
  const rules = [...new Set(runs.flatMap((run) => run.rules))].toSorted();
  return new Map([
    ['judgeRun', score(runs, (run) => run.rules.length > 0)],
    ...rules.map((rule): [string, Score] => [
      `  decided by ${rule}`,
      score(runs, (run) => run.rules[0] === rule),
    ]),
    ['any failed call', score(runs, (run) => run.anyFailed)],
    ['last call failed', score(runs, (run) => run.lastFailed)],
    ['every run', score(runs, () => true)],
  ]);
}

function text(scores: ReadonlyMap<string, Score>): string {
  const figure = (value: number | undefined): string =>
    value === undefined ? ' n/a' : value.toFixed(3);
  return [...scores]
    .map(
      ([name, { said, right, precision, recall }]) =>
        `  ${name.padEnd(34)} says failure ${String(said).padStart(3)}, right ${String(right).padStart(3)}  P ${figure(precision)}  R ${figure(recall)}`,
    )
    .join('\n');
}

const calls = new Map<string, CorpusCall[]>();
const recorded = [...readLines('calls.jsonl'), ...readLines('extra_calls.jsonl')];
for (const call of recorded as readonly CorpusCall[]) {
  calls.set(call.run_id, [...(calls.get(call.run_id) ?? []), call]);
}
const runs = [...readLines('runs.jsonl'), ...readLines('extra_runs.jsonl')];
const known = (runs as readonly CorpusRun[])
  .filter(({ outcome }) => outcome !== 'unknown')
  .map((run) =>
    judged(
      run,
      (calls.get(run.id) ?? []).toSorted((a, b) => a.idx - b.idx),
    ),
  );
const bySource = Map.groupBy(known, ({ source }) => source);
/** Where all runs ended alike, saying so is no skill. */
const mixed = [...bySource].filter(([, runs]) => new Set(runs.map((run) => run.failed)).size === 2);
const pooled = mixed.flatMap(([, runs]) => runs);
const sections: readonly (readonly [string, readonly ScoredRun[]])[] = [
  ['all sources in which runs ended both ways', pooled],
  ...mixed,
];

if (process.argv.includes('--json')) {
  const report = sections.map(([name, runs]) => ({
    name,
    runs: runs.length,
    failed: runs.filter((run) => run.failed).length,
    scores: Object.fromEntries([...scoresOf(runs)].map(([key, value]) => [key.trim(), value])),
  }));
  process.stdout.write(`${JSON.stringify(report, undefined, 1)}\n`);
} else {
  for (const [name, runs] of sections) {
    const failed = runs.filter((run) => run.failed).length;
    process.stdout.write(
      `${name}: ${runs.length} runs, ${failed} failed\n${text(scoresOf(runs))}\n\n`,
    );
  }
}
