import { readTrajectories } from '@aftertrace/exporter';
import { backtest, type BacktestReport } from '@aftertrace/review';

import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';
import { loadBundle } from '../policy/load-bundle.ts';

const MAX_ROWS = 20;

/** `aftertrace policy backtest FILE`: what a bundle would have stopped in the recorded runs, good ones too. */
export async function backtestPolicy(
  file: string,
  options: { readonly data: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const { policy } = await loadBundle(file);
  const trajectories = readTrajectories(await requireData(options.data), {
    onProblem: ({ file: broken, line, message }) =>
      output.err(sanitize(`${broken} line ${line}: ${message}`, 300)),
  });
  const report = await backtest({ trajectories, policy });
  if (report.runs === 0) {
    throw new CommandError(
      `there are no recorded runs in ${options.data}; nothing has run yet, or it is another --data directory`,
    );
  }
  output.out(options.json ? JSON.stringify(toJson(report)) : render(report));
  return ExitCode.OK;
}

function toJson(report: BacktestReport): unknown {
  return {
    ...report,
    byRule: Object.fromEntries(report.byRule),
    notEvaluable: {
      ...report.notEvaluable,
      byRule: Object.fromEntries(report.notEvaluable.byRule),
    },
  };
}

function render(report: BacktestReport): string {
  const { runs, calls, stoppedRuns, stopped, notEvaluable, affected } = report;
  const rules = [...report.byRule].map(([id, effect]) => [
    id,
    effect.verdict,
    String(effect.calls),
    String(effect.inFailedRuns),
    String(effect.inGoodRuns),
    String(effect.inUnresolvedRuns),
  ]);
  const rows = affected
    .slice(0, MAX_ROWS)
    .map(({ rule, verdict, tool, runOutcome, file, line, stepId }) => [
      rule,
      verdict,
      tool,
      runOutcome,
      `${file}:${line} step ${stepId}`,
    ]);
  const lines = [
    `${runs} recorded runs, ${calls} tool calls`,
    `would have stopped ${stopped.inFailedRuns} calls in ${stoppedRuns.failed} failed runs, ${stopped.inGoodRuns} in ${stoppedRuns.good} good ones, ${stopped.inUnresolvedRuns} in ${stoppedRuns.unresolved} unresolved`,
    '',
    renderTable(['RULE', 'VERDICT', 'CALLS', 'IN FAILED', 'IN GOOD', 'UNRESOLVED'], rules),
  ];
  if (rows.length > 0)
    lines.push('', renderTable(['RULE', 'VERDICT', 'TOOL', 'RUN WAS', 'WHERE'], rows));
  if (affected.length > MAX_ROWS)
    lines.push(`and ${affected.length - MAX_ROWS} more; --json has all`);
  if (notEvaluable.count > 0)
    lines.push('', `${notEvaluable.count} calls could not be judged: ${notEvaluable.reason}`);
  return lines.join('\n');
}
