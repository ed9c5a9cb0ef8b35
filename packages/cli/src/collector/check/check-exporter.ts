import { isLoopback } from '../own-addresses.ts';
import { checkRetry } from './check-retry.ts';
import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import { parseGoDuration } from './parse-go-duration.ts';
import { isUnknown, type Report } from './report.ts';
import { typeOf } from './topology.ts';
import type { Way } from './way.ts';

/** The companion lets a sender have so long (`limits.requestTimeoutMillis`). */
const COMPANION_MILLIS = 60_000;
const DEFAULT_CONSUMERS = 10;

/** How an exporter to the companion sends: again, from a queue, compressed, over which connections. */
export function checkExporter(target: Target, way: Way, report: Report): void {
  if (isUnknown(target.entry, report)) return;
  checkRetry(target, report);
  checkQueue(target, way, report);
  checkCompression(target, report);
  if (target.kind === 'http') checkConnections(target.entry, report);
  if (target.kind !== 'balancer') checkTimeout(target.entry, report);
  checkToken(target.entry, report);
}

function checkToken(entry: ConfigEntry, report: Report): void {
  const endpoint = entry.get('endpoint');
  const headers = entry.get('headers');
  const isProven =
    entry.get('auth') !== undefined ||
    headers?.entries().some(({ name }) => name.toLowerCase() === 'authorization') === true;
  if (!isProven || isUnknown(endpoint, report)) return;
  const address = String(endpoint?.value ?? '');
  // With https in it, an address goes before that setting.
  const isInsecure = entry.get('tls', 'insecure')?.value === true && !address.startsWith('https:');
  const isPlain = address.startsWith('http:') || isInsecure;
  if (isPlain && !isLoopback(address)) report('token-in-plain', headers ?? entry);
}

function checkQueue({ entry, kind }: Target, way: Way, report: Report): void {
  const enabled = entry.get('sending_queue', 'enabled');
  if (isUnknown(enabled, report)) return;
  const queue = entry.get('sending_queue');
  if (enabled?.value === false || (kind === 'balancer' && queue === undefined))
    return report('queue-off', enabled ?? entry);
  const storage = queue?.get('storage');
  if (isUnknown(storage, report)) return;
  if (storage === undefined) {
    const endpoint = entry.get('endpoint');
    const isNear = endpoint?.isElsewhere || isLoopback(String(endpoint?.value ?? ''));
    return report('queue-without-storage', queue ?? entry, isNear ? 'note' : 'warning');
  }
  const blocks = queue?.get('block_on_overflow');
  if (!isUnknown(blocks, report) && blocks?.value !== true)
    report('queue-drops', blocks ?? queue ?? entry);
  if (kind === 'balancer') checkBackends(entry, report);
  checkStorage(storage, way, report);
}

/** Behind the queue of a balancer each of its exporters has one of its own. */
function checkBackends(entry: ConfigEntry, report: Report): void {
  const enabled = entry.get('protocol', 'otlp', 'sending_queue', 'enabled');
  if (!isUnknown(enabled, report) && enabled?.value !== false)
    report('balancing-queue-in-memory', entry.get('protocol', 'otlp') ?? entry);
}

function checkStorage(storage: ConfigEntry, { root, topology }: Way, report: Report): void {
  const id = String(storage.value);
  const extension = root.get('extensions', id);
  const isStarted = topology.extensions.has(id);
  const hidden = isStarted ? undefined : topology.hiddenExtensions;
  if (extension === undefined || (!isStarted && !isUnknown(hidden, report)))
    return report('storage-not-started', extension ?? storage);
  if (isUnknown(extension, report) || typeOf(id) !== 'file_storage') return;
  const fsync = extension.get('fsync');
  if (!isUnknown(fsync, report) && fsync?.value !== true)
    report('storage-without-fsync', fsync ?? extension);
}

function checkCompression({ entry, kind }: Target, report: Report): void {
  const settings = kind === 'balancer' ? (entry.get('protocol', 'otlp') ?? entry) : entry;
  const compression = settings.get('compression');
  if (isUnknown(compression, report)) return;
  if (compression === undefined || compression.value === 'gzip')
    report('compression-gzip', compression ?? settings);
}

function checkConnections(entry: ConfigEntry, report: Report): void {
  const idle =
    entry.get('keepalive', 'max_idle_conns_per_host') ?? entry.get('max_idle_conns_per_host');
  const consumers = entry.get('sending_queue', 'num_consumers');
  if (isUnknown(idle, report) || isUnknown(consumers, report)) return;
  if (Number(idle?.value ?? 0) < Number(consumers?.value ?? DEFAULT_CONSUMERS))
    report('few-idle-connections', idle ?? entry.get('keepalive') ?? entry);
}

function checkTimeout(entry: ConfigEntry, report: Report): void {
  const timeout = entry.get('timeout');
  if (timeout === undefined) return report('short-timeout', entry, 'note');
  if (isUnknown(timeout, report)) return;
  const millis = parseGoDuration(timeout.value);
  // Without a limit is long enough.
  if (millis !== undefined && millis > 0 && millis < COMPANION_MILLIS)
    report('short-timeout', timeout);
}
