import type { ReviewFacts } from './review-facts.ts';
import { plain } from './plain-text.ts';

function count(number: number, one: string, many: string): string {
  return number === 1 ? `1 ${one}` : `${number} ${many}`;
}

/** What is known not to have been recorded, in sentences. Silence would look like completeness. */
export function gapsOf(
  facts: Pick<ReviewFacts, 'incident' | 'runs' | 'audit' | 'unreadableAudit'>,
  more: { readonly omittedRows: number; readonly known: readonly string[] },
): string[] {
  const { incident, runs, audit, unreadableAudit } = facts;
  const gaps = [...more.known];
  const found = new Set(runs.map(({ trajectory }) => trajectory.extra.aftertrace.runId));
  const missing = incident.runs.filter((run) => !found.has(run)).length;
  if (missing > 0) {
    gaps.push(
      `${count(missing, 'run has', 'runs have')} no trajectory line (not ended, or not kept).`,
    );
  }
  for (const [content, words] of [
    ['none', 'hold no messages, arguments or results'],
    ['redacted', 'hold redacted content'],
  ] as const) {
    const of = runs.filter(({ trajectory }) => trajectory.extra.aftertrace.content === content);
    if (of.length > 0) gaps.push(`${of.length} of ${runs.length} recorded runs ${words}.`);
  }
  const told = new Map<string, number>();
  for (const { trajectory } of runs) {
    for (const gap of trajectory.extra.aftertrace.completeness.gaps) {
      told.set(gap, (told.get(gap) ?? 0) + 1);
    }
  }
  for (const [gap, number] of told) {
    gaps.push(`${count(number, 'run is', 'runs are')} incomplete: ${plain(gap)}.`);
  }
  for (const record of audit) {
    if (record.type !== 'evidence.gap') continue;
    const { instance, from, to, cause } = record.data;
    gaps.push(`Evidence ${from} to ${to} of ${plain(instance)} is ${plain(cause)}.`);
  }
  if (unreadableAudit > 0) {
    gaps.push(`${count(unreadableAudit, 'audit entry', 'audit entries')} could not be read.`);
  }
  if (more.omittedRows > 0) {
    gaps.push(
      `${count(more.omittedRows, 'row was', 'rows were')} left out of the timeline for its length.`,
    );
  }
  return gaps;
}
