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
  /** Ids of the extensions that are started. */
  readonly extensions: ReadonlySet<string>;
  /** The list of them or the first of its names, where this file does not show it. */
  readonly hiddenExtensions: ConfigEntry | undefined;
  /** The pipelines that export to a part. */
  feeding(id: string): readonly PipelineOf[];
  /** The pipelines that a part is a receiver of. */
  reading(id: string): readonly PipelineOf[];
  /** Pipelines and all whose data comes to them by connectors, each once. */
  upstream(from: Iterable<PipelineOf>): ReadonlySet<PipelineOf>;
  /** Pipelines and all to which their data goes by connectors, each once. */
  downstream(from: Iterable<PipelineOf>): ReadonlySet<PipelineOf>;
}

/** `otlp_http` of `otlp_http/companion`. */
export function typeOf(id: string): string {
  return id.split('/', 1)[0] ?? id;
}

export function readTopology(root: ConfigEntry): Topology {
  const section = root.get('service', 'pipelines');
  const pipelines = (section?.entries() ?? []).map(readPipeline);
  const isConnector = connectorsOf(root);
  const feeders = byPart(pipelines, 'exporters');
  const readers = byPart(pipelines, 'receivers');
  const feeding = (id: string): readonly PipelineOf[] => feeders.get(id) ?? [];
  const reading = (id: string): readonly PipelineOf[] => readers.get(id) ?? [];
  const extensions = root.get('service', 'extensions')?.items() ?? [];
  return {
    pipelines,
    hidden: [section, ...(section?.entries() ?? [])].find((entry) => entry?.isElsewhere),
    extensions: new Set(extensions.map(({ value }) => String(value))),
    hiddenExtensions: extensions.find(({ isElsewhere }) => isElsewhere),
    feeding,
    reading,
    upstream: (from) =>
      reach(from, ({ receivers }) => receivers.filter(({ id }) => isConnector(id)), feeding),
    downstream: (from) =>
      reach(from, ({ exporters }) => exporters.filter(({ id }) => isConnector(id)), reading),
  };
}

function byPart(
  pipelines: readonly PipelineOf[],
  kind: 'receivers' | 'exporters',
): ReadonlyMap<string, readonly PipelineOf[]> {
  const found = new Map<string, PipelineOf[]>();
  for (const pipeline of pipelines)
    for (const id of new Set(pipeline[kind].map((part) => part.id))) {
      const others = found.get(id);
      if (others === undefined) found.set(id, [pipeline]);
      else others.push(pipeline);
    }
  return found;
}

/** Goes on from pipelines by way of connectors, by each of these once. */
export function reach(
  from: Iterable<PipelineOf>,
  connectors: (pipeline: PipelineOf) => readonly PartRef[],
  beyond: (connector: string) => readonly PipelineOf[],
): ReadonlySet<PipelineOf> {
  const found = new Set(from);
  const passed = new Set<string>();
  for (const pipeline of found)
    for (const { id } of connectors(pipeline)) {
      if (passed.has(id)) continue;
      passed.add(id);
      for (const next of beyond(id)) found.add(next);
    }
  return found;
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
