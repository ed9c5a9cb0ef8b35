import type { Target } from './find-targets.ts';
import type { Report } from './report.ts';
import { typeOf, type PartRef, type PipelineOf } from './topology.ts';
import { placeOf, wayTo, type Way } from './way.ts';

/** They send nothing anywhere: no queue of theirs fills. */
const LOCAL: ReadonlySet<string> = new Set(['debug', 'logging', 'nop', 'file', 'prometheus']);

/**
 * Whether another exporter decides what the sender is told. A fan-out answers with the error of any of its exporters, so
 * that what one refuses comes again to all; behind a batch processor nobody is told.
 */
export function checkNeighbours(targets: readonly Target[], way: Way, report: Report): void {
  const toCompanion = new Set(targets.map(({ entry }) => entry.name));
  const isNeighbour = ({ id }: PartRef): boolean =>
    !toCompanion.has(id) &&
    !LOCAL.has(typeOf(id)) &&
    way.root.get('connectors', id) === undefined &&
    way.root.get('exporters', id) !== undefined;
  for (const pipeline of targets.flatMap((target) => wayTo(target, way.topology))) {
    if (tellsNobody(pipeline)) continue;
    for (const exporter of pipeline.exporters.filter(isNeighbour))
      report('neighbour-refuses', placeOf(exporter, pipeline, 'exporters'));
  }
}

function tellsNobody({ processors }: PipelineOf): boolean {
  return processors.some(({ id }) => typeOf(id) === 'batch');
}
