import type { Expected, ExpectedAgent, ExpectedCall, ExpectedRun } from '../example.ts';
import type { RecordedCall, RecordedRun } from './recorded-runs.ts';
import type { Ended } from './terminal.ts';

/** Of an app's output, where something is wrong with it. */
const MAX_CHARS = 4000;

/** What is not as it has to be in what an app said. */
export function problemsOfOutput(ended: Ended, expected: Expected): readonly string[] {
  const { stdout, stderr, exitCode } = ended;
  const problems: string[] = [];
  if (exitCode !== (expected.exitCode ?? 0)) problems.push(`exit code ${exitCode}`);
  for (const part of expected.says) {
    if (!stdout.includes(part)) problems.push(`does not say ${JSON.stringify(part)}`);
  }
  for (const part of expected.saysNot ?? []) {
    if (stdout.includes(part)) problems.push(`says ${JSON.stringify(part)}`);
  }
  return problems.length === 0
    ? []
    : [...problems, `its output:\n${`${stdout}${stderr}`.slice(-MAX_CHARS)}`];
}

/** What is not as it has to be in the lines of its runs. */
export function problemsOfRuns(
  runs: readonly RecordedRun[],
  expected: readonly ExpectedRun[],
): readonly string[] {
  const [is, must] = [runs.map(sketch).sort(), expected.map((run) => sketchExpected(run)).sort()];
  if (JSON.stringify(is) === JSON.stringify(must)) return [];
  return [`runs are\n${is.join('\n')}\nand not\n${must.join('\n')}`];
}

/** The run in a few lines, so that a difference can be read. */
function sketch(run: RecordedRun): string {
  return sketchOf({
    ...run,
    calls: run.calls.map(callText),
    inside: run.inside.map(sketch),
  });
}

function sketchExpected(run: ExpectedAgent & Partial<ExpectedRun>): string {
  return sketchOf({
    agent: run.agent,
    file: run.file ?? '',
    overrides: run.overrides ?? [],
    calls: run.calls.map(expectedCallText),
    inside: (run.inside ?? []).map(sketchExpected),
  });
}

interface Sketch {
  readonly agent: string;
  readonly file: string;
  readonly calls: readonly string[];
  readonly overrides: readonly string[];
  readonly inside: readonly string[];
}

function sketchOf({ agent, file, calls, overrides, inside }: Sketch): string {
  const inner = inside.toSorted().flatMap((text) => text.split('\n'));
  return [
    file === '' ? agent : `${file}: ${agent}`,
    ...calls.map((call) => `  ${call}`),
    ...overrides.map((decision) => `  a person: ${decision}`),
    ...inner.map((line) => `  | ${line}`),
  ].join('\n');
}

function callText({ tool, outcome, rule, decisions }: RecordedCall): string {
  const failure = outcome === 'failed' ? ` (${rule})` : '';
  const decided = decisions.map(({ verdict, rule: by }) => `, ${verdict} by ${by}`).join('');
  return `${tool} ${outcome}${failure}${decided}`;
}

function expectedCallText({ tool, outcome, rule, decision }: ExpectedCall): string {
  const decisions = decision === undefined ? [] : [decision];
  return callText({ tool, outcome, rule, decisions });
}
