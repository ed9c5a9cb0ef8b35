import type { ConfigEntry } from './config-tree.ts';
import { typeOf, type PipelineOf, type Topology } from './topology.ts';

/** An exporter behind which the companion is, at once or by way of other Collectors. */
export interface Target {
  readonly entry: ConfigEntry;
  readonly kind: 'http' | 'grpc' | 'balancer';
  /** The pipelines that export to it. */
  readonly pipelines: readonly PipelineOf[];
}

const KINDS: ReadonlyMap<string, Target['kind']> = new Map([
  ['otlp_http', 'http'],
  ['otlphttp', 'http'],
  ['otlp_grpc', 'grpc'],
  ['otlp', 'grpc'],
  ['load_balancing', 'balancer'],
  ['loadbalancing', 'balancer'],
]);

/** How an exporter sends OTLP; `undefined`: it does not. */
export function kindOf(id: string): Target['kind'] | undefined {
  return KINDS.get(typeOf(id));
}

/** Where the companion takes OTLP/HTTP in unless told otherwise. */
const COMPANION_PORT = 4319;

export interface TargetOptions {
  /** Ids of the exporters to the companion; absent: they are known by name or port. */
  readonly exporters?: readonly string[] | undefined;
}

/** The exporters that lead to the companion, those first that do so at once. */
export function findTargets(
  root: ConfigEntry,
  topology: Topology,
  options: TargetOptions = {},
): readonly Target[] {
  const all = exportersOf(root, topology);
  const named = options.exporters === undefined ? undefined : new Set(options.exporters);
  const isDirect = ({ entry }: Target): boolean =>
    named?.has(entry.name) ?? looksLikeCompanion(entry);
  const direct = all.filter(isDirect);
  const served = servedBy(direct, topology);
  // What has a way of its own to the companion is balanced for others.
  const balancers = all.filter(
    (target) =>
      target.kind === 'balancer' &&
      target.pipelines.length > 0 &&
      !isDirect(target) &&
      !target.pipelines.some((pipeline) => served.has(pipeline)),
  );
  return [...direct, ...balancers];
}

/** The pipelines to which data comes from a receiver whose data goes to a target. */
function servedBy(targets: readonly Target[], topology: Topology): ReadonlySet<PipelineOf> {
  const way = topology.upstream(targets.flatMap(({ pipelines }) => pipelines));
  const receivers = new Set([...way].flatMap((pipeline) => pipeline.receivers.map(({ id }) => id)));
  return topology.downstream([...receivers].flatMap((id) => topology.reading(id)));
}

/** Exporters of which it is not known where they lead: the address is not in this file, and the name does not tell. */
export function undecidedExporters(root: ConfigEntry, topology: Topology): readonly ConfigEntry[] {
  return exportersOf(root, topology).flatMap(({ entry }) => {
    const endpoint = entry.get('endpoint');
    return endpoint?.isElsewhere ? [endpoint] : [];
  });
}

/** Those that pipelines name; where pipelines are not known, all that are defined. */
function exportersOf(root: ConfigEntry, topology: Topology): readonly Target[] {
  return (root.get('exporters')?.entries() ?? []).flatMap((entry): Target[] => {
    const kind = kindOf(entry.name);
    const pipelines = topology.feeding(entry.name);
    const isUsed = pipelines.length > 0 || hidesExporters(topology);
    return kind === undefined || !isUsed ? [] : [{ entry, kind, pipelines }];
  });
}

/** Whether there may be more ways out than are seen. */
export function hidesExporters({ pipelines, hidden }: Topology): boolean {
  return hidden !== undefined || pipelines.some((pipeline) => pipeline.hidden.has('exporters'));
}

function looksLikeCompanion(entry: ConfigEntry): boolean {
  if (/companion|aftertrace/i.test(entry.name.slice(typeOf(entry.name).length))) return true;
  const address = String(entry.get('endpoint')?.value ?? '');
  return new RegExp(`:${COMPANION_PORT}(?:/|$)`).test(address);
}
