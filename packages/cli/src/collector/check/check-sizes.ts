import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import { isUnknown, type Report } from './report.ts';
import { typeOf } from './topology.ts';
import { placeOf, wayTo, type Way } from './way.ts';

const MIB = 1024 * 1024;
/** The companion takes so much in a request unless told otherwise (`limits.maxBodyBytes`). */
const COMPANION_BYTES = 64 * MIB;
/** So many spans or events are too much though each were of 1 KiB only, which ours are without any message. */
const COMPANION_ITEMS = COMPANION_BYTES / 1024;
/** What a receiver takes where nothing is said. */
const HTTP_DEFAULT_BYTES = 20 * MIB;
const GRPC_DEFAULT_MIB = 4;

/** Whether what agents may send comes through, and what is put together on the way is not too much for the end of it. */
export function checkSizes(targets: readonly Target[], way: Way, report: Report): void {
  checkReceivers(targets, way, report);
  const unlimited = targets.filter(({ entry }) => {
    const batch = entry.get('sending_queue', 'batch');
    if (isUnknown(batch, report)) return false;
    // `batch:` with nothing behind it is off. Where it is on, it splits what came too large, from a processor too.
    if (batch === undefined || batch.value === null) return true;
    checkOwnBatch(batch, entry, report);
    return false;
  });
  checkProcessors(unlimited, way, report);
}

function checkOwnBatch(batch: ConfigEntry, exporter: ConfigEntry, report: Report): void {
  const sizer = batch.get('sizer') ?? exporter.get('sending_queue', 'sizer');
  const limit = batch.get('max_size');
  if (isUnknown(sizer, report) || isUnknown(limit, report)) return;
  if (sizer?.value !== 'bytes') checkItems(limit, batch, report);
  else if (isNone(limit)) report('batch-without-limit', limit ?? batch);
  else if (Number(limit?.value) > COMPANION_BYTES) report('batch-above-limit', limit ?? batch);
}

function checkProcessors(
  targets: readonly Target[],
  { root, topology }: Way,
  report: Report,
): void {
  for (const pipeline of wayTo(targets, topology))
    for (const part of pipeline.processors) {
      if (typeOf(part.id) !== 'batch') continue;
      const limit = root.get('processors', part.id, 'send_batch_max_size');
      if (!isUnknown(limit, report)) checkItems(limit, placeOf(part, pipeline), report);
    }
}

/** Of pieces it is known only how many are surely too many. */
function checkItems(limit: ConfigEntry | undefined, around: ConfigEntry, report: Report): void {
  const isTooMany = !isNone(limit) && Number(limit?.value) > COMPANION_ITEMS;
  report(isTooMany ? 'batch-above-limit' : 'batch-without-limit', limit ?? around);
}

/** 0 is no limit, as nothing is. */
function isNone(limit: ConfigEntry | undefined): boolean {
  return limit === undefined || limit.value === null || limit.value === 0;
}

function checkReceivers(targets: readonly Target[], { root, topology }: Way, report: Report): void {
  const way = [...wayTo(targets, topology)];
  const ids = way.flatMap(({ receivers }) => receivers.map(({ id }) => id));
  for (const id of new Set(ids)) {
    const protocols = typeOf(id) === 'otlp' ? root.get('receivers', id, 'protocols') : undefined;
    const http = protocols?.get('http');
    const body = http?.get('max_request_body_size');
    if (http !== undefined && !isUnknown(body, report)) {
      const bytes = Number(body?.value ?? 0);
      if ((bytes <= 0 ? HTTP_DEFAULT_BYTES : bytes) < COMPANION_BYTES)
        report('receiver-refuses-large', body ?? http);
    }
    const grpc = protocols?.get('grpc');
    const message = grpc?.get('max_recv_msg_size_mib');
    if (grpc !== undefined && !isUnknown(message, report)) {
      const mib = Number(message?.value ?? 0);
      if ((mib <= 0 ? GRPC_DEFAULT_MIB : mib) * MIB < COMPANION_BYTES)
        report('receiver-refuses-large', message ?? grpc);
    }
  }
}
