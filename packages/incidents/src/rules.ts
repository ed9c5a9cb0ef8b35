import type { Finding, FindingKind, Severity } from '@aftertrace/schema';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** When findings with one fingerprint are worth an incident. Any rule is enough. */
export interface OpeningRule {
  /** Stands in the incident's `opened` event. */
  readonly id: string;
  readonly kinds: readonly FindingKind[];
  readonly severities: readonly Severity[];
  /** This many different findings … */
  readonly occurrences: number;
  /** … whose own times lie within this many milliseconds. */
  readonly windowMillis: number;
}

/** What opens, reopens and quiets incidents, as data. */
export interface IncidentRules {
  readonly opening: readonly OpeningRule[];
  /** A finding that comes later than this after `closed` makes a new incident instead of reopening the old one. */
  readonly reopenWithinMillis: number;
  /** For this long after `dismissed`, findings with the fingerprint are counted there and open nothing. */
  readonly dismissedQuietMillis: number;
}

const ANY_SEVERITY: readonly Severity[] = ['sev1', 'sev2', 'sev3', 'sev4'];

/**
 * The defaults. Kind `override` is in no rule: what a person did never opens an incident, it is linked to that of its run.
 * A shadow decision (sev4) only opens one when it keeps coming.
 */
export const defaultRules: IncidentRules = {
  opening: [
    {
      id: 'severe',
      kinds: ['tool_failure', 'run_failure', 'decision', 'loop', 'circuit_open'],
      severities: ['sev1', 'sev2'],
      occurrences: 1,
      windowMillis: 0,
    },
    {
      id: 'refused',
      kinds: ['decision'],
      severities: ['sev1', 'sev2', 'sev3'],
      occurrences: 1,
      windowMillis: 0,
    },
    {
      id: 'standing',
      kinds: ['loop', 'circuit_open'],
      severities: ANY_SEVERITY,
      occurrences: 1,
      windowMillis: 0,
    },
    {
      id: 'repeated',
      kinds: ['tool_failure', 'run_failure'],
      severities: ANY_SEVERITY,
      occurrences: 3,
      windowMillis: 10 * MINUTE,
    },
    {
      id: 'persistent',
      kinds: ['tool_failure', 'run_failure', 'decision'],
      severities: ANY_SEVERITY,
      occurrences: 5,
      windowMillis: DAY,
    },
  ],
  reopenWithinMillis: 30 * DAY,
  dismissedQuietMillis: 7 * DAY,
};

function fits(rule: OpeningRule, finding: Finding): boolean {
  return rule.kinds.includes(finding.kind) && rule.severities.includes(finding.severityHint);
}

/** Whether `count` of the times lie within `windowMillis` of each other. Order does not matter. */
function clustered(timesMillis: readonly number[], rule: OpeningRule): boolean {
  const sorted = timesMillis.toSorted((a, b) => a - b);
  return sorted.some((first, index) => {
    const last = sorted[index + rule.occurrences - 1];
    return last !== undefined && last - first <= rule.windowMillis;
  });
}

/** The first rule that these findings (of one fingerprint, each id once) meet. */
export function openingRuleOf(
  findings: readonly Finding[],
  rules: IncidentRules,
): OpeningRule | undefined {
  return rules.opening.find((rule) => {
    const times = findings.filter((finding) => fits(rule, finding)).map((f) => Date.parse(f.at));
    return times.length >= rule.occurrences && clustered(times, rule);
  });
}

/** Whether any number of findings of this kind can open an incident. */
export function canOpen(finding: Finding, rules: IncidentRules): boolean {
  return rules.opening.some((rule) => fits(rule, finding));
}

/** How many findings of one fingerprint a rule may ask for. */
export function mostOccurrences(rules: IncidentRules): number {
  return Math.max(1, ...rules.opening.map((rule) => rule.occurrences));
}
