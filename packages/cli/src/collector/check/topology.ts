import type { ConfigEntry } from './config-tree.ts';

/** A part as a pipeline names it: `otlp_http/companion`. */
export interface PartRef {
  readonly id: string;
  /** Line of the pipeline that names it. */
  readonly line: number;
}

/** What a pipeline lists. */
export type PartKind = 'receivers' | 'processors' | 'exporters';

export interface PipelineOf {
  /** `traces/viewers`. */
  readonly id: string;
  readonly line: number;
  readonly signal: string;
  readonly receivers: readonly PartRef[];
  readonly processors: readonly PartRef[];
  readonly exporters: readonly PartRef[];
  /** Lists, or names in them, that this file does not show. */
  readonly hidden: ReadonlyMap<PartKind, ConfigEntry>;
}

/** How the parts of a configuration are joined. */
export interface Topology {
  readonly pipelines: readonly PipelineOf[];
  /** The section of pipelines or the first of them, where this file does not show it. */
  readonly hidden: ConfigEntry | undefined;
  /** The pipelines that export to a part. */
  feeding(id: string): readonly PipelineOf[];
  /** A pipeline and all whose data comes to it by connectors, each once. */
  upstream(pipeline: PipelineOf): readonly PipelineOf[];
}

/** `otlp_http` of `otlp_http/companion`. */
export function typeOf(id: string): string {
  return id.split('/', 1)[0] ?? id;
}

export function readTopology(root: ConfigEntry): Topology {
  const section = root.get('service', 'pipelines');
  const pipelines = (section?.entries() ?? []).map(readPipeline);
  const isConnector = connectorsOf(root);
  const feeding = (id: string): readonly PipelineOf[] =>
    pipelines.filter(({ exporters }) => exporters.some((exporter) => exporter.id === id));
  const upstream = (pipeline: PipelineOf): readonly PipelineOf[] => {
    const seen = new Set([pipeline]);
    for (const one of seen)
      for (const { id } of one.receivers)
        if (isConnector(id)) for (const feeder of feeding(id)) seen.add(feeder);
    return [...seen];
  };
  const hidden = [section, ...(section?.entries() ?? [])].find((entry) => entry?.isElsewhere);
  return { pipelines, hidden, feeding, upstream };
}

/** Where connectors are defined elsewhere they are known by being neither receiver nor exporter. */
function connectorsOf(root: ConfigEntry): (id: string) => boolean {
  const defined = (section: string): ReadonlySet<string> =>
    new Set(
      root
        .get(section)
        ?.entries()
        .map(({ name }) => name),
    );
  const [receivers, connectors, exporters] = ['receivers', 'connectors', 'exporters'].map(defined);
  const isHidden = root.get('connectors')?.isElsewhere === true;
  return (id) =>
    connectors?.has(id) === true || (isHidden && !receivers?.has(id) && !exporters?.has(id));
}

function readPipeline(entry: ConfigEntry): PipelineOf {
  const hidden = new Map<PartKind, ConfigEntry>();
  const parts = (kind: PartKind): readonly PartRef[] =>
    (entry.get(kind)?.items() ?? []).flatMap((item) => {
      if (!item.isElsewhere) return [{ id: String(item.value), line: item.line }];
      hidden.set(kind, item);
      return [];
    });
  return {
    id: entry.name,
    line: entry.line,
    signal: typeOf(entry.name),
    receivers: parts('receivers'),
    processors: parts('processors'),
    exporters: parts('exporters'),
    hidden,
  };
}
