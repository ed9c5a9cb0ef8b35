import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import { isUnknown, type Report } from './report.ts';
import { placeOf, wayTo, type Way } from './way.ts';
import { typeOf } from './topology.ts';

const SAMPLERS: ReadonlySet<string> = new Set(['tail_sampling', 'probabilistic_sampler']);
const METRICS_OF_SPANS: ReadonlySet<string> = new Set([
  'span_metrics',
  'spanmetrics',
  'count',
  'signal_to_metrics',
  'signaltometrics',
]);
/** Below them a filter looks at single spans and events; `traces` alone is the older spelling. */
const FILTERS_ONE: readonly (readonly string[])[] = [
  ['traces', 'span'],
  ['logs', 'log_record'],
  ['trace_conditions'],
  ['log_conditions'],
];

/** What stands between the agents and the companion. */
export function checkWay(target: Target, { root, topology }: Way, report: Report): void {
  const isPersistent = target.entry.get('sending_queue', 'storage') !== undefined;
  for (const pipeline of wayTo(target, topology)) {
    for (const part of pipeline.processors) {
      const type = typeOf(part.id);
      const at = placeOf(part, pipeline);
      if (SAMPLERS.has(type)) report('sampling-before-companion', at);
      if (type === 'batch' && isPersistent) report('batch-before-queue', at);
      const settings = root.get('processors', part.id);
      if (type === 'filter' && filtersOne(settings, report)) report('filter-tears-traces', at);
      if (type === 'redaction' && removesOurs(settings, report))
        report('redaction-removes-all', at);
    }
    for (const { id } of pipeline.receivers) {
      const connector = root.get('connectors', id);
      const table = typeOf(id) === 'routing' ? (connector?.get('table')?.items() ?? []) : [];
      for (const route of table) {
        const context = route.get('context');
        if (!isUnknown(context, report) && /^(?:span|spanevent|log)$/.test(String(context?.value)))
          report('routing-tears-traces', context ?? route);
      }
    }
  }
}

/** Metrics from spans tell what happened only where they are made before sampling. */
export function checkMetrics({ root, topology }: Way, report: Report): void {
  for (const connector of root.get('connectors')?.entries() ?? []) {
    if (!METRICS_OF_SPANS.has(typeOf(connector.name))) continue;
    const before = topology
      .feeding(connector.name)
      .flatMap((pipeline) => topology.upstream(pipeline))
      .flatMap(({ processors }) => processors);
    if (before.some(({ id }) => SAMPLERS.has(typeOf(id))))
      report('metrics-after-sampling', connector);
  }
}

/** A balancer keeps runs together where it routes by trace, for logs by its own word only. */
export function checkBalancing({ entry, pipelines }: Target, report: Report): void {
  const key = entry.get('routing_key');
  if (isUnknown(key, report)) return;
  const isDefaultWrong = pipelines.some(({ signal }) => signal === 'logs');
  if (key === undefined ? isDefaultWrong : key.value !== 'traceID')
    report('balancing-not-by-trace', key ?? entry);
}

function filtersOne(filter: ConfigEntry | undefined, report: Report): boolean {
  return FILTERS_ONE.some((path) => {
    const conditions = filter?.get(...path)?.items() ?? [];
    return conditions.some(
      (condition) =>
        !isUnknown(condition, report) &&
        !/^\s*(?:not\s+)?\(?\s*resource\./i.test(String(condition.value)),
    );
  });
}

/** Everything that is not listed goes, and ours is not listed. */
function removesOurs(redaction: ConfigEntry | undefined, report: Report): boolean {
  const all = redaction?.get('allow_all_keys');
  if (redaction === undefined || isUnknown(all, report) || all?.value === true) return false;
  const patterns = redaction.get('ignored_key_patterns')?.items() ?? [];
  if (patterns.some((pattern) => isUnknown(pattern, report))) return false;
  return !['gen_ai', 'aftertrace'].every((root) =>
    patterns.some(({ value }) => String(value).includes(root)),
  );
}
