import type { RunPart } from '../assemble/partition.ts';
import { ancestryOf, type SpanRecord } from '../assemble/records.ts';

/**
 * So many calls have to repeat earlier ones for any loop that `@aftertrace/detection` knows, as long as none failed or was
 * refused: four in a row are three repetitions, and everything else takes more.
 */
const LEAST_REPETITIONS = 3;
/** What the detector compares of a name. */
const NAME_CHARS = 400;

/**
 * Whether the calls of a run could be a loop, in whatever order. A call repeats another only where tool and result are
 * the same; a result that is not known, or no text, counts as the same as all others of its tool.
 *
 * @param part all tool spans of a run, and its events
 * @param mayTellResults histories may tell what came back where spans do not
 */
export function mayLoop(part: RunPart, mayTellResults: boolean): boolean {
  const calls = part.spans.filter((record) => record.view.role === 'tool');
  const loose = emptyWithoutSpan(part);
  if (calls.length + loose <= LEAST_REPETITIONS) return false;
  const results = new Map<string, Set<string>>();
  const vague = new Set<string>();
  let counted = loose;
  for (const record of calls) {
    if (isDouble(record, part)) continue;
    const name = record.view.tool?.name.slice(0, NAME_CHARS) ?? '';
    const result = record.view.tool?.result;
    // Without a result, and none to come from a history, a call is like no other.
    if (result === undefined && !mayTellResults && record.outcome?.outcome !== 'empty') continue;
    counted += 1;
    if (typeof result !== 'string') vague.add(name);
    else results.set(name, (results.get(name) ?? new Set()).add(result));
  }
  // A vague call may be the same as any of its tool: then none of them is certainly new but one.
  let distinct = vague.size;
  for (const [name, texts] of results) if (!vague.has(name)) distinct += texts.size;
  return counted - distinct >= LEAST_REPETITIONS;
}

/** The span tells of the same call as the tool span around it. */
function isDouble(record: SpanRecord, part: RunPart): boolean {
  const outer = ancestryOf(record, part)?.enclosingTool;
  if (outer === undefined) return false;
  return part.spans.some(
    ({ place, view }) => place === outer && view.tool?.name === record.view.tool?.name,
  );
}

/** Calls that only events tell of, with nothing as their result. */
function emptyWithoutSpan(part: RunPart): number {
  return part.events.filter(
    ({ log, outcome }) =>
      outcome?.outcome === 'empty' && !part.spans.some(({ span }) => span.spanId === log.spanId),
  ).length;
}
