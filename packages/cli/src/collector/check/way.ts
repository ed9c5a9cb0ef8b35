import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import type { PartKind, PartRef, PipelineOf, Topology } from './topology.ts';

/** A configuration, and how its parts are joined. */
export interface Way {
  readonly root: ConfigEntry;
  readonly topology: Topology;
}

/** Every pipeline that leads to one of the targets, by connectors too. */
export function wayTo(targets: readonly Target[], topology: Topology): ReadonlySet<PipelineOf> {
  return topology.upstream(targets.flatMap(({ pipelines }) => pipelines));
}

/** Where a pipeline names a part, told as an entry. */
export function placeOf(
  { id, line }: PartRef,
  { id: pipeline }: PipelineOf,
  kind: PartKind = 'processors',
): ConfigEntry {
  return {
    path: ['service', 'pipelines', pipeline, kind, id],
    name: id,
    line,
    value: id,
    isElsewhere: false,
    get: () => undefined,
    entries: () => [],
    items: () => [],
    text: () => undefined,
  };
}
