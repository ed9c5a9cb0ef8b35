import { Attr } from '@aftertrace/schema';

import { stringOf } from '../decode/dialects/attribute-readers.ts';
import { kindOfSpan } from '../decode/dialects/kind-of-span.ts';
import { dialectOf } from '../decode/dialects/read-span.ts';
import type { WireSpan } from '../decode/wire-span.ts';
import type { ToolJudge } from '../judge/judge-tool-span.ts';
import type { ArrivedSpan } from './group-index.ts';
import { spanRecord, type SpanRecord } from './records.ts';

/** A span as it is read when it arrives. */
export interface SpanArrival {
  /** What the index must know of it. */
  readonly span: ArrivedSpan;
  /** `undefined` where it says nothing that must be known before its run ends: so it is with most. */
  readonly record: SpanRecord | undefined;
}

/** Reads of a span what cannot wait: its role, and all of it where it is a tool call or tells of one. */
export function arrivalOf(span: WireSpan, judge?: ToolJudge['ofSpan']): SpanArrival {
  const kind = kindOfSpan(span);
  const dialect = dialectOf(span, kind);
  const role = dialect?.roleOf(span) ?? 'other';
  const isNote = role === 'other' && dialect?.note !== undefined;
  const isAtOnce = role === 'tool' || isNote || kind.hasDecision || kind.hasOverride;
  const record = isAtOnce ? spanRecord(span, judge) : undefined;
  return {
    record,
    span: {
      source: span,
      traceId: span.traceId,
      hasParent: span.hasParent,
      length: span.length,
      envelope: span.envelope,
      role,
      runId: kind.namesRun ? stringOf(span.attributes, Attr.RUN_ID) : undefined,
      statesOutcome: kind.statesOutcome,
      attributes: span.shape.size,
      outcome: record?.outcome,
    },
  };
}
