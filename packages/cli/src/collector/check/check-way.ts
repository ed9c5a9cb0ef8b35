import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import { judgeActions } from './judge-actions.ts';
import { filtersOne } from './judge-filter.ts';
import { judgeRedaction } from './judge-redaction.ts';
import { judgeStatements } from './judge-statements.ts';
import { isUnknown, type Report } from './report.ts';
import { typeOf, type PipelineOf } from './topology.ts';
import { placeOf, wayTo, type Way } from './way.ts';

const SAMPLERS: ReadonlySet<string> = new Set(['tail_sampling', 'probabilistic_sampler']);
const METRICS_OF_SPANS: ReadonlySet<string> = new Set([
  'span_metrics',
  'spanmetrics',
  'count',
  'signal_to_metrics',
  'signaltometrics',
]);

/** What stands between the agents and the companion. */
export function checkWay(targets: readonly Target[], way: Way, report: Report): void {
  const { root, topology } = way;
  const isPersistent = ({ entry }: Target): boolean =>
    entry.get('sending_queue', 'storage') !== undefined;
  const beforeDisk = wayTo(targets.filter(isPersistent), topology);
  const pipelines = wayTo(targets, topology);
  for (const pipeline of pipelines)
    for (const part of pipeline.processors) {
      const type = typeOf(part.id);
      if (SAMPLERS.has(type)) report('sampling-before-companion', placeOf(part, pipeline));
      if (type === 'batch' && beforeDisk.has(pipeline))
        report('batch-before-queue', placeOf(part, pipeline));
    }
  checkProcessors(pipelines, root, report);
  checkRouting(pipelines, root, report);
}

/** What processors do to spans and events; each is looked at once, and told where a pipeline names it first. */
function checkProcessors(
  pipelines: ReadonlySet<PipelineOf>,
  root: ConfigEntry,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const pipeline of pipelines)
    for (const part of pipeline.processors) {
      const settings = root.get('processors', part.id);
      if (seen.has(part.id) || settings === undefined || isUnknown(settings, report)) continue;
      seen.add(part.id);
      const at = placeOf(part, pipeline);
      switch (typeOf(part.id)) {
        case 'filter':
          if (filtersOne(settings, report)) report('filter-tears-traces', at);
          break;
        case 'redaction':
          if (removesOurs(settings, report)) report('redaction-removes-all', at);
          judgeRedaction(settings, report);
          break;
        case 'attributes':
        case 'resource':
          judgeActions(settings, report);
          break;
        case 'transform':
          judgeStatements(settings, report);
          break;
      }
    }
}

function checkRouting(pipelines: ReadonlySet<PipelineOf>, root: ConfigEntry, report: Report): void {
  const receivers = [...pipelines].flatMap((pipeline) => pipeline.receivers.map(({ id }) => id));
  for (const id of new Set(receivers)) {
    const connector = root.get('connectors', id);
    const table = typeOf(id) === 'routing' ? (connector?.get('table')?.items() ?? []) : [];
    for (const route of table) {
      const context = route.get('context');
      if (!isUnknown(context, report) && /^(?:span|spanevent|log)$/.test(String(context?.value)))
        report('routing-tears-traces', context ?? route);
    }
  }
}

/** Metrics from spans tell what happened only where they are made before sampling. */
export function checkMetrics({ root, topology }: Way, report: Report): void {
  const sampled = topology.downstream(
    topology.pipelines.filter(({ processors }) =>
      processors.some(({ id }) => SAMPLERS.has(typeOf(id))),
    ),
  );
  for (const connector of root.get('connectors')?.entries() ?? []) {
    if (!METRICS_OF_SPANS.has(typeOf(connector.name))) continue;
    if (topology.feeding(connector.name).some((pipeline) => sampled.has(pipeline)))
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

/** Everything that is not listed goes, and ours is not listed. */
function removesOurs(redaction: ConfigEntry, report: Report): boolean {
  const all = redaction.get('allow_all_keys');
  if (isUnknown(all, report) || all?.value === true) return false;
  const patterns = redaction.get('ignored_key_patterns')?.items() ?? [];
  if (patterns.some((pattern) => isUnknown(pattern, report))) return false;
  return !['gen_ai', 'aftertrace'].every((root) =>
    patterns.some(({ value }) => String(value).includes(root)),
  );
}
