import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import { parseGoDuration } from './parse-go-duration.ts';
import { isUnknown, type Report } from './report.ts';

/** Whether an exporter to the companion sends again, without end, with pauses, and only what did not arrive. */
export function checkRetry({ entry, kind }: Target, report: Report): void {
  const enabled = entry.get('retry_on_failure', 'enabled');
  if (isUnknown(enabled, report)) return;
  const retry = entry.get('retry_on_failure');
  const isBalancer = kind === 'balancer';
  // A balancer does not retry unless told so in these words, and all that is not said of its retries is nothing.
  const isOn = isBalancer ? enabled?.value === true : enabled?.value !== false;
  if (!isOn) return report('retry-off', enabled ?? retry ?? entry);
  const at = retry ?? entry;
  const limit = retry?.get('max_elapsed_time');
  if (!isUnknown(limit, report) && (limit === undefined ? !isBalancer : !isZero(limit)))
    report('retry-limit', limit ?? at);
  const pause = retry?.get('initial_interval');
  if (!isUnknown(pause, report) && (pause === undefined ? isBalancer : isZero(pause)))
    report('retry-without-pause', pause ?? at);
  if (isBalancer) checkBackendRetry(entry, report);
}

/** What one of its instances does not take, a balancer sends again to all of them. */
function checkBackendRetry(entry: ConfigEntry, report: Report): void {
  const enabled = entry.get('protocol', 'otlp', 'retry_on_failure', 'enabled');
  if (!isUnknown(enabled, report) && enabled?.value === false) report('balancing-repeats', enabled);
}

function isZero({ value }: ConfigEntry): boolean {
  return parseGoDuration(value) === 0;
}
