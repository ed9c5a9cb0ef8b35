import { checkExporter, type Report } from './check-exporter.ts';
import { CHECK_RULES, type CheckFinding } from './check-rules.ts';
import { checkBalancing, checkMetrics, checkWay } from './check-way.ts';
import { parseTree, type ConfigEntry } from './config-tree.ts';
import { findTargets, type Target, type TargetOptions } from './find-targets.ts';
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
      message: 'no service.pipelines: no Collector starts with it',
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
  const { root } = way;
  if (targets.length === 0) report('companion-missing', root.get('service', 'pipelines') ?? root);
  for (const target of targets) {
    checkExporter(target, root, report);
    checkWay(target, way, report);
    if (target.kind === 'balancer') checkBalancing(target, report);
  }
  const signals = new Set(
    targets.flatMap(({ pipelines }) => pipelines.map(({ signal }) => signal)),
  );
  const [first] = targets;
  if (first !== undefined && !signals.has('logs')) report('companion-without-logs', first.entry);
  if (first !== undefined && !signals.has('traces'))
    report('companion-without-traces', first.entry);
  checkMetrics(way, report);
}

/** Old names by the section that they stand in. */
const OLD_NAMES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['exporters', new Set(['otlphttp', 'otlp', 'loadbalancing'])],
  ['connectors', new Set(['spanmetrics'])],
]);

function checkNames(root: ConfigEntry, report: Report): void {
  for (const section of root.entries()) {
    if (section.isElsewhere) report('include-not-followed', section);
    for (const part of section.entries()) {
      if (part.isElsewhere) report('include-not-followed', part);
      if (OLD_NAMES.get(section.name)?.has(typeOf(part.name))) report('old-name', part);
      const old = section.name === 'exporters' ? part.get('max_idle_conns_per_host') : undefined;
      if (old !== undefined) report('old-name', old);
    }
  }
}
