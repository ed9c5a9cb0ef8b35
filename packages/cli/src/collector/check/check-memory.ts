import type { ConfigEntry } from './config-tree.ts';
import type { Target } from './find-targets.ts';
import { isUnknown, type Report } from './report.ts';
import { typeOf, type PartRef, type PipelineOf } from './topology.ts';
import { placeOf, wayTo, type Way } from './way.ts';

/** They keep spans until they have decided, for minutes. */
const KEEPING: ReadonlySet<string> = new Set(['tail_sampling', 'groupbytrace']);
const isLimiter = ({ id }: PartRef): boolean => typeOf(id) === 'memory_limiter';

/**
 * Whether what waits for a decision beside the way to the companion is bounded before it takes the memory at which the
 * companion's own limiter turns agents away, and refused where agents have their answer already.
 */
export function checkMemory(
  targets: readonly Target[],
  { root, topology }: Way,
  report: Report,
): void {
  const way = wayTo(targets, topology);
  const ofCompanion = [...way].flatMap(({ processors }) => processors.filter(isLimiter));
  const limits = [...new Set(ofCompanion.map(({ id }) => id))].map((id) =>
    refusesAt(root.get('processors', id), report),
  );
  const least = Math.min(...limits.filter((limit) => limit !== undefined));
  for (const pipeline of topology.pipelines) {
    if (targets.length === 0 || way.has(pipeline)) continue;
    const place = pipeline.processors.findIndex(({ id }) => KEEPING.has(typeOf(id)));
    const keeping = pipeline.processors[place];
    if (keeping === undefined || pipeline.hidden.has('processors')) continue;
    if (!isBounded(pipeline.processors.slice(0, place), least))
      report('sampler-takes-memory', placeOf(keeping, pipeline));
  }

  function isBounded(before: PipelineOf['processors'], most: number): boolean {
    const limiter = before.findIndex(isLimiter);
    const part = before[limiter];
    if (part === undefined) return false;
    const isDetached = before.slice(0, limiter).some(({ id }) => typeOf(id) === 'batch');
    const settings = root.get('processors', part.id);
    if (settings?.isElsewhere === true) return true;
    const own = refusesAt(settings, report);
    return isDetached && (own === undefined || own * 2 <= most);
  }
}

/** The use of memory at which a limiter refuses, in MiB; `undefined` where that is a share, or not known. */
function refusesAt(limiter: ConfigEntry | undefined, report: Report): number | undefined {
  const limit = limiter?.get('limit_mib');
  const spike = limiter?.get('spike_limit_mib');
  if (limit === undefined || isUnknown(limit, report) || isUnknown(spike, report)) return undefined;
  const mib = Number(limit.value);
  return mib - (Number(spike?.value ?? 0) || mib / 5);
}
