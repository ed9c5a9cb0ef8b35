import { checkCircles, checkPath } from './check-addresses.ts';
import { checkExporter } from './check-exporter.ts';
import { CHECK_RULES, type CheckFinding } from './check-rules.ts';
import { checkNeighbours } from './check-neighbours.ts';
import { checkSizes } from './check-sizes.ts';
import { checkBalancing, checkMetrics, checkWay } from './check-way.ts';
import { parseTree, type ConfigEntry } from './config-tree.ts';
import {
  findTargets,
  hidesExporters,
  undecidedExporters,
  type Target,
  type TargetOptions,
} from './find-targets.ts';
import { isUnknown, type Report } from './report.ts';
import { readTopology, typeOf, type Topology } from './topology.ts';

/** What was found in a file, by line; or why it is no configuration of a Collector. */
export type CheckResult =
  | { readonly ok: true; readonly findings: readonly CheckFinding[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Looks for the known traps. Parts that are not known are nobody's fault; `otelcol validate` knows them. */
export function checkCollectorConfig(text: string, options: TargetOptions = {}): CheckResult {
  const parsed = parseTree(text);
  if (!parsed.ok) return parsed;
  const root = configIn(parsed.root);
  if (root.get('service', 'pipelines') === undefined)
    return {
      ok: false,
      line: root.line,
      message: isHeldAsText(parsed.root)
        ? 'the configuration stands in this resource as text: give that text as a file of its own'
        : 'no service.pipelines: no Collector starts with it',
    };
  const findings: CheckFinding[] = [];
  const report: Report = (rule, at, severity = CHECK_RULES[rule].severity) => {
    const where = at.path.join('.');
    if (findings.some((one) => one.rule === rule && one.where === where)) return;
    findings.push({ rule, line: at.line, where, ...CHECK_RULES[rule], severity });
  };
  const topology = readTopology(root);
  const targets = findTargets(root, topology, options);
  checkTargets(targets, { root, topology }, report);
  checkNames(root, report);
  return { ok: true, findings: findings.toSorted((a, b) => a.line - b.line) };
}

/** As in a ConfigMap, and in the Operator's resource up to v1alpha1. */
function isHeldAsText(root: ConfigEntry): boolean {
  const config = root.get('spec', 'config')?.value;
  return root.get('kind')?.value === 'ConfigMap' || typeof config === 'string';
}

/** In a resource of the OpenTelemetry Operator the configuration stands below `spec.config`. */
function configIn(root: ConfigEntry): ConfigEntry {
  const isResource = root.get('kind')?.value === 'OpenTelemetryCollector';
  return (isResource ? root.get('spec', 'config') : undefined) ?? root;
}

function checkTargets(
  targets: readonly Target[],
  way: { readonly root: ConfigEntry; readonly topology: Topology },
  report: Report,
): void {
  const { root, topology } = way;
  checkNeighbours(targets, way, report);
  for (const target of targets) {
    checkExporter(target, root, report);
    checkPath(target, report);
    checkSizes(target, way, report);
    checkWay(target, way, report);
    if (target.kind === 'balancer') checkBalancing(target, report);
  }
  checkCircles(way, report);
  checkHidden(topology, report);
  if (targets.length === 0) checkNoTarget(way, report);
  else if (!hidesExporters(topology)) checkSignals(targets, report);
  checkMetrics(way, report);
}

/** No exporter is known to lead to the companion: a fault only where all of them are seen. */
function checkNoTarget(
  { root, topology }: { readonly root: ConfigEntry; readonly topology: Topology },
  report: Report,
): void {
  const unknown = undecidedExporters(root, topology);
  for (const endpoint of unknown) isUnknown(endpoint, report);
  const exporters = root.get('exporters');
  if (unknown.length > 0 || isUnknown(exporters, report) || hidesExporters(topology)) return;
  report('companion-missing', root.get('service', 'pipelines') ?? root);
}

function checkSignals(targets: readonly Target[], report: Report): void {
  const signals = new Set(
    targets.flatMap(({ pipelines }) => pipelines.map(({ signal }) => signal)),
  );
  const [first] = targets;
  if (first !== undefined && !signals.has('logs')) report('companion-without-logs', first.entry);
  if (first !== undefined && !signals.has('traces'))
    report('companion-without-traces', first.entry);
}

/** What is not seen of the pipelines is noted, whatever else is found. */
function checkHidden({ pipelines, hidden }: Topology, report: Report): void {
  isUnknown(hidden, report);
  for (const pipeline of pipelines)
    for (const entry of pipeline.hidden.values()) isUnknown(entry, report);
}

/** Old names by the section that they stand in. */
const OLD_NAMES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['exporters', new Set(['otlphttp', 'otlp', 'loadbalancing'])],
  ['connectors', new Set(['spanmetrics'])],
]);

function checkNames(root: ConfigEntry, report: Report): void {
  for (const section of root.entries()) {
    isUnknown(section, report);
    for (const part of section.entries()) {
      isUnknown(part, report);
      if (OLD_NAMES.get(section.name)?.has(typeOf(part.name))) report('old-name', part);
      const old = section.name === 'exporters' ? part.get('max_idle_conns_per_host') : undefined;
      if (old !== undefined) report('old-name', old);
    }
  }
}
