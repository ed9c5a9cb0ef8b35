import { readResourceEnvelope, readScopeEnvelope } from './protobuf-common.ts';
import type { ProtobufInput } from './protobuf-value.ts';
import { createRejections } from './rejections.ts';
import type { SpanEnvelope, SpanLayout } from './span-layout.ts';
import { SpanScan } from './span-scan.ts';
import { WireReader } from './wire-reader.ts';
import { WireSpan } from './wire-span.ts';

/** The spans of a request in protobuf, still in its bytes. */
export interface WireTraces {
  readonly layout: SpanLayout;
  readonly spans: readonly WireSpan[];
  readonly rejected: { readonly count: number; readonly reasons: readonly string[] };
}

/** Checks a whole `ExportTraceServiceRequest` and finds its spans. Throws `MalformedInput`. */
export function tracesFromProtobuf(body: Uint8Array): WireTraces {
  const input: ProtobufInput = { reader: new WireReader(body), rejections: createRejections() };
  const { reader } = input;
  const scan = new SpanScan(input);
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) readResourceSpans(input, scan);
    else reader.skip(tag);
  }
  const layout = scan.layout();
  const spans: WireSpan[] = [];
  for (const start of layout.starts) spans.push(new WireSpan(layout, start));
  return { layout, spans, rejected: input.rejections.result() };
}

/** The span of a request whose message starts at the offset; `undefined` where none does. */
export function spanOfLayout(layout: SpanLayout, offset: number): WireSpan | undefined {
  const start = layout.startOf(offset);
  return start < 0 ? undefined : new WireSpan(layout, start);
}

/** One span that was checked before, in the bytes of its message; `undefined` where they are no span. */
export function spanFromProtobuf(
  message: Uint8Array,
  envelope: SpanEnvelope,
): WireSpan | undefined {
  const scan = new SpanScan({ reader: new WireReader(message), rejections: createRejections() });
  scan.enter(envelope);
  scan.add();
  return spanOfLayout(scan.layout(), 0);
}

function readResourceSpans(input: ProtobufInput, scan: SpanScan): void {
  const { reader } = input;
  const outer = reader.enter();
  const { resource, scopes } = readResourceEnvelope(input);
  for (const position of scopes) {
    const afterScope = reader.revisit(position);
    const { scope, items } = readScopeEnvelope(input);
    scan.enter({ resource, scope });
    for (const item of items) {
      const afterSpan = reader.revisit(item);
      scan.add();
      reader.leave(afterSpan);
    }
    reader.leave(afterScope);
  }
  reader.leave(outer);
}
