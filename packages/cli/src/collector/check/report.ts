import type { CheckRuleId, Severity } from './check-rules.ts';
import type { ConfigEntry } from './config-tree.ts';

/** Notes a finding at a setting, or at the nearest section around one that is not there. */
export type Report = (rule: CheckRuleId, at: ConfigEntry, severity?: Severity) => void;

/**
 * Whether a setting is decided where this file does not show it. That is noted, and nothing else may be said of it:
 * unknown is not wrong.
 */
export function isUnknown(entry: ConfigEntry | undefined, report: Report): boolean {
  if (entry?.isElsewhere !== true) return false;
  report('include-not-followed', entry);
  return true;
}
