import { isLoopback } from '../collector-answers.ts';
import type { CheckRuleId, Severity } from './check-rules.ts';
import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import { parseGoDuration } from './parse-go-duration.ts';
import { typeOf } from './topology.ts';

/** Notes a finding at a setting, or at the nearest section around one that is not there. */
export type Report = (rule: CheckRuleId, at: ConfigEntry, severity?: Severity) => void;

/** The companion lets a sender have so long (`limits.requestTimeoutMillis`). */
const COMPANION_MILLIS = 60_000;
const DEFAULT_CONSUMERS = 10;

/** How an exporter to the companion sends: again, from a queue, compressed, over which connections. */
export function checkExporter(target: Target, root: ConfigEntry, report: Report): void {
  if (target.entry.isElsewhere) return;
  checkRetry(target, report);
  checkQueue(target, root, report);
  checkCompression(target, report);
  if (target.kind === 'http') checkConnections(target.entry, report);
  if (target.kind !== 'balancer') checkTimeout(target.entry, report);
}

function checkRetry({ entry, kind }: Target, report: Report): void {
  const retry = entry.get('retry_on_failure');
  if (retry?.isElsewhere) return;
  const enabled = retry?.get('enabled');
  if (enabled?.isElsewhere) return;
  // A balancer does not retry unless told so in these words.
  const isOn = kind === 'balancer' ? enabled?.value === true : enabled?.value !== false;
  if (!isOn) return report('retry-off', enabled ?? retry ?? entry);
  const limit = retry?.get('max_elapsed_time');
  if (limit?.isElsewhere) return;
  if (limit === undefined || parseGoDuration(limit.value) !== 0)
    report('retry-limit', limit ?? retry ?? entry);
}

function checkQueue({ entry, kind }: Target, root: ConfigEntry, report: Report): void {
  const queue = entry.get('sending_queue');
  if (queue?.isElsewhere) return;
  if (queue?.get('enabled')?.value === false || (kind === 'balancer' && queue === undefined))
    return report('queue-off', queue?.get('enabled') ?? entry);
  const storage = queue?.get('storage');
  if (storage === undefined) {
    const isNear = isLoopback(String(entry.get('endpoint')?.value ?? ''));
    return report('queue-without-storage', queue ?? entry, isNear ? 'note' : 'warning');
  }
  if (storage.isElsewhere) return;
  if (queue?.get('block_on_overflow')?.value !== true)
    report('queue-drops', queue?.get('block_on_overflow') ?? queue ?? entry);
  if (
    kind === 'balancer' &&
    entry.get('protocol', 'otlp', 'sending_queue', 'enabled')?.value !== false
  )
    report('balancing-queue-in-memory', entry.get('protocol', 'otlp') ?? entry);
  checkStorage(storage, root, report);
}

function checkStorage(storage: ConfigEntry, root: ConfigEntry, report: Report): void {
  const id = String(storage.value);
  const extension = root.get('extensions', id);
  const started = root.get('service', 'extensions')?.items() ?? [];
  if (extension === undefined || !started.some(({ value }) => value === id))
    return report('storage-not-started', extension ?? storage);
  if (typeOf(id) !== 'file_storage' || extension.isElsewhere) return;
  const fsync = extension.get('fsync');
  if (fsync?.value !== true && !fsync?.isElsewhere)
    report('storage-without-fsync', fsync ?? extension);
}

function checkCompression({ entry, kind }: Target, report: Report): void {
  const settings = kind === 'balancer' ? (entry.get('protocol', 'otlp') ?? entry) : entry;
  const compression = settings.get('compression');
  if (compression === undefined || compression.value === 'gzip')
    report('compression-gzip', compression ?? settings);
}

function checkConnections(entry: ConfigEntry, report: Report): void {
  const keepalive = entry.get('keepalive');
  const idle = keepalive?.get('max_idle_conns_per_host') ?? entry.get('max_idle_conns_per_host');
  if (keepalive?.isElsewhere || idle?.isElsewhere) return;
  const consumers = entry.get('sending_queue', 'num_consumers')?.value ?? DEFAULT_CONSUMERS;
  if (Number(idle?.value ?? 0) < Number(consumers))
    report('few-idle-connections', idle ?? keepalive ?? entry);
}

function checkTimeout(entry: ConfigEntry, report: Report): void {
  const timeout = entry.get('timeout');
  if (timeout === undefined) return report('short-timeout', entry, 'note');
  const millis = parseGoDuration(timeout.value);
  // Without a limit is long enough.
  if (millis !== undefined && millis > 0 && millis < COMPANION_MILLIS)
    report('short-timeout', timeout);
}
