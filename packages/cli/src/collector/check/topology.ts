import type { ConfigEntry } from './config-tree.ts';

/** A part as a pipeline names it: `otlp_http/companion`. */
export interface PartRef {
  readonly id: string;
  /** Line of the pipeline that names it. */
  readonly line: number;
}

export interface PipelineOf {
  /** `traces/viewers`. */
  readonly id: string;
  readonly line: number;
  readonly signal: string;
  readonly receivers: readonly PartRef[];
  readonly processors: readonly PartRef[];
  readonly exporters: readonly PartRef[];
}

/** How the parts of a configuration are joined. */
export interface Topology {
  readonly pipelines: readonly PipelineOf[];
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
  const pipelines = (root.get('service', 'pipelines')?.entries() ?? []).map(readPipeline);
  const connectors = new Set(
    root
      .get('connectors')
      ?.entries()
      .map(({ name }) => name),
  );
  const feeding = (id: string): readonly PipelineOf[] =>
    pipelines.filter(({ exporters }) => exporters.some((exporter) => exporter.id === id));
  const upstream = (pipeline: PipelineOf): readonly PipelineOf[] => {
    const seen = new Set([pipeline]);
    for (const one of seen)
      for (const { id } of one.receivers)
        if (connectors.has(id)) for (const feeder of feeding(id)) seen.add(feeder);
    return [...seen];
  };
  return { pipelines, feeding, upstream };
}

function readPipeline(entry: ConfigEntry): PipelineOf {
  const parts = (kind: string): readonly PartRef[] =>
    (entry.get(kind)?.items() ?? []).map(({ value, line }) => ({ id: String(value), line }));
  return {
    id: entry.name,
    line: entry.line,
    signal: typeOf(entry.name),
    receivers: parts('receivers'),
    processors: parts('processors'),
    exporters: parts('exporters'),
  };
}
