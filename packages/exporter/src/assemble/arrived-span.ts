import { Attr } from '@aftertrace/schema';

import { stringOf } from '../decode/dialects/attribute-readers.ts';
import type { WireSpan } from '../decode/wire-span.ts';
import type { ArrivedSpan } from './group-index.ts';
import type { SpanRecord } from './records.ts';

/** What the index must know of a span, which was read once as it arrived. */
export function arrivedSpan(
  span: WireSpan,
  { view, outcome }: Pick<SpanRecord, 'view' | 'outcome'>,
): ArrivedSpan {
  const { attributes } = span;
  return {
    source: span,
    traceId: span.traceId,
    hasParent: span.hasParent,
    length: span.length,
    envelope: span.envelope,
    role: view.role,
    runId: stringOf(attributes, Attr.RUN_ID),
    statesOutcome: attributes.has(Attr.RUN_OUTCOME),
    attributes: attributes.size,
    outcome,
  };
}
