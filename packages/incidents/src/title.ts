import type { Finding, Severity } from '@aftertrace/schema';

const MAX_NAME = 80;

/**
 * A name from telemetry, made fit for a title: no control or direction characters, of bounded length. Names come from
 * agents and may be hostile; escaping for HTML or Markdown is still the renderer's work.
 */
export function plainName(name: string): string {
  const clean = name.replace(/[\p{C}\p{Z}\s]+/gu, ' ').trim();
  return clean.length <= MAX_NAME ? clean : `${clean.slice(0, MAX_NAME - 1)}…`;
}

/** What happened, by kind of finding, from names and classes only: a finding's own words are never used. */
function whatHappened(finding: Finding): string {
  const tool = finding.tool === undefined ? 'a tool' : plainName(finding.tool);
  const by = finding.rule === undefined ? '' : ` (${plainName(finding.rule)})`;
  switch (finding.kind) {
    case 'tool_failure':
      return `${tool} failed: ${finding.class ?? 'other'}`;
    case 'decision':
      return `${tool} was not allowed as proposed${by}`;
    case 'run_failure':
      return finding.tool === undefined ? `runs fail${by}` : `runs fail at ${tool}${by}`;
    case 'loop':
      return `${tool} is called in a loop`;
    case 'circuit_open':
      return `circuit breaker opened for ${tool}${by}`;
    case 'override':
      return `a person overrode ${tool}`;
  }
}

/** A title of ids and names, without message content. */
export function titleOf(finding: Finding): string {
  const where = finding.environment === undefined ? '' : `, ${plainName(finding.environment)}`;
  return `${whatHappened(finding)} [${plainName(finding.agent)}${where}]`;
}

/** The worse of two; sev1 is the worst. */
export function worseSeverity(a: Severity, b: Severity): Severity {
  return a < b ? a : b;
}
