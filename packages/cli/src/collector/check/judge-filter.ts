import type { ConfigEntry } from './config-tree.ts';
import { pathsIn } from './parse-ottl.ts';
import { isUnknown, type Report } from './report.ts';

/** Where conditions on single spans and events stand, and the older way of naming what stays or goes. */
const CONDITIONS: readonly (readonly string[])[] = [
  ['traces', 'span'],
  ['logs', 'log_record'],
];
const OF_CONTEXTS = ['trace_conditions', 'log_conditions'];
const OLDER = ['spans', 'logs'];
/** By these whole processes stay or go. */
const OF_PROCESSES = new Set([
  'match_type',
  'regexp',
  'services',
  'resources',
  'resource_attributes',
]);

/** Whether a `filter` processor takes out single spans or events. Whole processes are somebody's choice. */
export function filtersOne(filter: ConfigEntry, report: Report): boolean {
  const byCondition = CONDITIONS.some((path) =>
    (filter.get(...path)?.items() ?? []).some((condition) => isOfOne(condition, report)),
  );
  return (
    byCondition ||
    OF_CONTEXTS.some((name) =>
      (filter.get(name)?.items() ?? []).some((group) => groupFiltersOne(group, report)),
    ) ||
    OLDER.some((name) =>
      ['include', 'exclude'].some((how) => isOlder(filter.get(name, how), report)),
    )
  );
}

/** A condition alone, or several in a context. */
function groupFiltersOne(group: ConfigEntry, report: Report): boolean {
  const context = group.get('context');
  if (isUnknown(context, report)) return false;
  // Events of spans leave the span where it is.
  if (context?.value === 'resource' || context?.value === 'spanevent') return false;
  const conditions = group.get('conditions')?.items() ?? [group];
  return conditions.some((condition) => isOfOne(condition, report));
}

function isOfOne(condition: ConfigEntry, report: Report): boolean {
  if (isUnknown(condition, report) || typeof condition.value === 'undefined') return false;
  const paths = pathsIn(String(condition.value));
  if (paths === undefined) {
    report('not-judged', condition);
    return false;
  }
  const isOfProcess = (path: string): boolean => path.startsWith('resource.');
  return paths.length === 0
    ? /\btrue\b/.test(String(condition.value))
    : !paths.every((path) => isOfProcess(path) || path.startsWith('spanevent.'));
}

function isOlder(match: ConfigEntry | undefined, report: Report): boolean {
  if (match === undefined || isUnknown(match, report)) return false;
  return match.entries().some(({ name }) => !OF_PROCESSES.has(name));
}
