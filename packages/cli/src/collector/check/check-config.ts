import { checkCircles, checkPath } from './check-addresses.ts';
import { checkExporter } from './check-exporter.ts';
import { CHECK_RULES, type CheckFinding } from './check-rules.ts';
import { checkNeighbours } from './check-neighbours.ts';
import { checkSizes } from './check-sizes.ts';
import { checkBalancing, checkMetrics, checkWay } from './check-way.ts';
import { checkMemory } from './check-memory.ts';
import type { ConfigEntry } from './config-tree.ts';
import {
  findTargets,
  hidesExporters,
  undecidedExporters,
  type Target,
  type TargetOptions,
} from './find-targets.ts';
import { readConfigs } from './read-configs.ts';
import { isUnknown, type Report } from './report.ts';
import { readTopology, typeOf, type Topology } from './topology.ts';

/** What was found in a file, by line; or why it is no configuration of a Collector. */
export type CheckResult =
  | { readonly ok: true; readonly findings: readonly CheckFinding[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** Looks for the known traps. Parts that are not known are nobody's fault; `otelcol validate` knows them. */
export function checkCollectorConfig(text: string, options: TargetOptions = {}): CheckResult {
  const read = readConfigs(text);
  if (!read.ok) return read;
  const findings = [
    ...read.configs.flatMap((root) => checkOne(root, options)),
    ...read.parts.map(({ line, path }): CheckFinding => ({
      rule: 'part-not-judged',
      line,
      where: path.join('.'),
      ...CHECK_RULES['part-not-judged'],
    })),
  ];
  return { ok: true, findings: findings.toSorted((a, b) => a.line - b.line) };
}

function checkOne(root: ConfigEntry, options: TargetOptions): readonly CheckFinding[] {
  const findings: CheckFinding[] = [];
  const told = new Set<string>();
  const report: Report = (rule, at, severity = CHECK_RULES[rule].severity) => {
    const where = at.path.join('.');
    const key = JSON.stringify([rule, at.path]);
    if (told.has(key)) return;
    told.add(key);
    findings.push({ rule, line: at.line, where, ...CHECK_RULES[rule], severity });
  };
  const topology = readTopology(root);
  const targets = findTargets(root, topology, options);
  checkTargets(targets, { root, topology }, report);
  checkNames(root, report);
  return findings;
}

function checkTargets(
  targets: readonly Target[],
  way: { readonly root: ConfigEntry; readonly topology: Topology },
  report: Report,
): void {
  const { topology } = way;
  checkNeighbours(targets, way, report);
  for (const target of targets) {
    checkExporter(target, way, report);
    checkPath(target, report);
    if (target.kind === 'balancer') checkBalancing(target, report);
  }
  checkSizes(targets, way, report);
  checkWay(targets, way, report);
  checkMemory(targets, way, report);
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
