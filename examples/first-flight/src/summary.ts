import path from 'node:path';

import type { Facts } from './facts.ts';

/** What a person sees at the end: one screen, one block a question. */
export function renderSummary(facts: Facts, seconds: number): string {
  const relative = (file: string): string => path.relative(process.cwd(), file) || '.';
  const runs = facts.runs.success + facts.runs.failure + facts.runs.unresolved;
  return [
    '',
    `First flight: ${runs} conversations, ${facts.toolCalls} tool calls, 2 agent processes, ${seconds.toFixed(1)} s`,
    '',
    ...failedBlock(facts),
    '',
    ...stoppedBlock(facts),
    '',
    ...overruledBlock(facts),
    '',
    ...learnedBlock(facts),
    '',
    'Where it is',
    `  ${relative(facts.dataDir)}/trajectories/{success,failure,unresolved}/   ${facts.runs.success} + ${facts.runs.failure} + ${facts.runs.unresolved} lines, ATIF-v1.7`,
    `  ${relative(facts.review.markdown)}`,
    '',
    'Next',
    `  npx -y pnpm@12.21.0 aftertrace incidents show ${facts.incident} --data ${relative(facts.dataDir)}`,
    '  npx -y pnpm@12.21.0 aftertrace dev -- node your-agent.js',
  ].join('\n');
}

function failedBlock(facts: Facts): string[] {
  const silent = facts.failedCalls.filter(({ channel }) => channel !== 'thrown');
  const groups = new Map<string, { count: number; text: string }>();
  for (const call of facts.failedCalls) {
    const key = `${call.tool} ${call.rule}`;
    const group = groups.get(key) ?? {
      count: 0,
      text: `${call.tool.padEnd(13)} ${call.channel.padEnd(13)} ${call.rule.padEnd(22)} ${call.certainty}`,
    };
    group.count += 1;
    groups.set(key, group);
  }
  return [
    `What failed: ${facts.failedCalls.length} calls, ${silent.length} of them silently: the tool returned normally, a plain span looks fine`,
    ...[...groups.values()].map(({ count, text }) => `  ${String(count).padStart(2)} x ${text}`),
  ];
}

function stoppedBlock(facts: Facts): string[] {
  const { containment } = facts.containment;
  return [
    `What was stopped: ${facts.deniedByPolicy} calls by policy, ${facts.deniedByContainment} by containment; ${facts.decisions['redact'] ?? 0} mails left without their card number`,
    `  refund revoked at ${clock(containment.requestedAt)} until ${containment.expiresAt?.slice(11, 16) ?? 'released'}; gone ${since(containment.effective)}`,
    `  policy revision ${facts.reload.revision} in force ${since(facts.reload.effective)}`,
  ];
}

const clock = (at: string): string => at.slice(11, 23);

const since = (effective: readonly { readonly instance: string; readonly at: string }[]): string =>
  effective.map(({ instance, at }) => `in ${instance.slice(0, 8)} since ${clock(at)}`).join(', ');

function overruledBlock(facts: Facts): string[] {
  return [
    `Who overruled what: ${facts.overrides.length}`,
    ...facts.overrides.flatMap(({ decision, actor, prior, reason, outcome }) => [
      `  ${actor}: ${decision}, before: ${prior}, then: ${outcome}`,
      `    "${reason}"`,
    ]),
    `  audit log: ${facts.audit.entries} entries, hash chain ${facts.audit.ok ? 'holds' : 'BROKEN'}`,
  ];
}

function learnedBlock(facts: Facts): string[] {
  const { backtest, incidents, notices, review } = facts;
  const delivered = notices.filter(({ valid }) => valid).length;
  const learned = backtest.byRule['no-changes-by-sql'];
  return [
    `What became of it: ${incidents.length} incidents, ${delivered} signed notices at the webhook`,
    ...incidents.map(
      ({ id, state, severity, count, title }) =>
        `  ${id} ${severity} ${state}, ${count} x ${title}`,
    ),
    `  backtest of the new rule over ${backtest.runs} recorded runs: it would have stopped ${learned?.calls ?? 0} calls,`,
    `    ${learned?.inFailedRuns ?? 0} in failed runs, ${learned?.inGoodRuns ?? 0} in runs that looked good; ${backtest.notEvaluable.count} calls are redacted and cannot be judged`,
    `  review of the refunds: ${review.rows} timeline rows, ${review.linked} linked to spans, lines or the audit log`,
  ];
}
