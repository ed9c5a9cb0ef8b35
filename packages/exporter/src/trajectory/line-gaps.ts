import { GenAi, SCOPE_NAME } from '@aftertrace/schema';

import type { ReadyRun } from '../assemble/assembler.ts';
import type { SpanRecord } from '../assemble/records.ts';

/** What a line may say is missing in it: `completeness.gaps`. The README tells what each means. */
export const GAPS = [
  'orphan_spans',
  'unsampled',
  'no_content',
  'content_truncated',
  'too_many_spans',
  'evicted',
] as const;
export type Gap = (typeof GAPS)[number];

/** What is known to be missing in the line of a run. */
export function gapsOf({ part, refused, reason }: ReadyRun, hasContent: boolean): Gap[] {
  const found: Readonly<Record<Gap, boolean>> = {
    orphan_spans: part.orphans > 0,
    unsampled: part.spans.length === 0,
    no_content: !hasContent,
    content_truncated: part.spans.some(isTruncated),
    too_many_spans: refused > 0,
    evicted: reason === 'evicted',
  };
  return GAPS.filter((gap) => found[gap]);
}

const CONTENT_ATTRIBUTES = [
  GenAi.SYSTEM_INSTRUCTIONS,
  GenAi.INPUT_MESSAGES,
  GenAi.OUTPUT_MESSAGES,
  GenAi.TOOL_DEFINITIONS,
  GenAi.TOOL_CALL_ARGUMENTS,
  GenAi.TOOL_CALL_RESULT,
] as const;

/** The notes that our agents leave where they cut a text, or left out the beginning of a history. */
const CUT = /… \[\d+ characters left out\]|\d+ earlier messages left out: over the limit/;

/** Only spans of our own agents are searched for notes: in anybody else's they are content. */
function isTruncated({ span }: SpanRecord): boolean {
  const note = span.attributes.get('aftertrace.content.truncated');
  if (note !== undefined && note !== null) {
    return Array.isArray(note) ? note.length > 0 : ![false, '', 0, 0n].includes(note as never);
  }
  if (span.scope.name !== SCOPE_NAME) return false;
  return CONTENT_ATTRIBUTES.some((name) => {
    const content = span.attributes.get(name);
    return typeof content === 'string' && CUT.test(content);
  });
}
