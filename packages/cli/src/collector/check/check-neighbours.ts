import type { Target } from './find-targets.ts';
import type { Report } from './report.ts';
import { reach, typeOf, type PartRef, type PipelineOf, type Topology } from './topology.ts';
import { placeOf, wayTo, type Way } from './way.ts';

/** They send nothing anywhere: no queue of theirs fills. */
const LOCAL: ReadonlySet<string> = new Set(['debug', 'logging', 'nop', 'file', 'prometheus']);

/** They take what comes before they hand it on: nobody is told what is said behind them. */
const DETACHING: ReadonlySet<string> = new Set(['batch', 'tail_sampling', 'groupbytrace']);
/** They hand on at once, and answer with what is said behind them. */
const PASSING: ReadonlySet<string> = new Set(['forward', 'routing']);

/**
 * Whether another exporter decides what the sender is told. A fan-out answers with the error of any of its exporters, so
 * that what one refuses comes again to all; behind a connector too, unless a processor such as batch is between.
 */
export function checkNeighbours(targets: readonly Target[], way: Way, report: Report): void {
  const toCompanion = new Set(targets.map(({ entry }) => entry.name));
  const isNeighbour = ({ id }: PartRef): boolean =>
    !toCompanion.has(id) &&
    !LOCAL.has(typeOf(id)) &&
    way.root.get('connectors', id) === undefined &&
    way.root.get('exporters', id) !== undefined;
  const answering = [...wayTo(targets, way.topology)].filter(answersForAll);
  for (const pipeline of withBranches(answering, way.topology))
    for (const exporter of pipeline.exporters.filter(isNeighbour))
      report('neighbour-refuses', placeOf(exporter, pipeline, 'exporters'));
}

/** Pipelines, and all whose answer is part of theirs. */
function withBranches(
  answering: readonly PipelineOf[],
  topology: Topology,
): ReadonlySet<PipelineOf> {
  return reach(
    answering,
    ({ exporters }) => exporters.filter(({ id }) => PASSING.has(typeOf(id))),
    (id) => topology.reading(id).filter(answersForAll),
  );
}

function answersForAll({ processors }: PipelineOf): boolean {
  return !processors.some(({ id }) => DETACHING.has(typeOf(id)));
}
