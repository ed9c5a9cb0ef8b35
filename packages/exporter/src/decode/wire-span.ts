import { AttributeShape, shapeOf } from './attribute-shape.ts';
import { readAttribute, type ProtobufInput } from './protobuf-value.ts';
import { createRejections } from './rejections.ts';
import { createShortTexts, SHORT_BYTES } from './short-texts.ts';
import { Cell, HEAD_CELLS, type SpanEnvelope, type SpanLayout } from './span-layout.ts';
import { readLink } from './span-scan.ts';
import type {
  StatusCode,
  TelemetryResource,
  TelemetryScope,
  TelemetrySpan,
  TelemetrySpanEvent,
  TelemetryValue,
} from './telemetry.ts';
import { createTraceIds } from './trace-ids.ts';
import { WireAttributes } from './wire-attributes.ts';

const NO_EVENTS: readonly TelemetrySpanEvent[] = [];
const NO_LINKS: TelemetrySpan['links'] = [];

/**
 * A span that still lies in the bytes of its request: checked from end to end, decoded where somebody looks. Whoever
 * keeps one keeps the whole request. Everything but the fields of `TelemetrySpan` is for the index of spans.
 */
export class WireSpan implements TelemetrySpan {
  readonly #layout: SpanLayout;
  /** Where its cells are. */
  readonly #at: number;
  #traceId: string | undefined;
  #spanId: string | undefined;
  #attributes: WireAttributes | undefined;
  #events: readonly TelemetrySpanEvent[] | undefined;
  #startTime: string | undefined;
  #endTime: string | undefined;

  constructor(layout: SpanLayout, at: number) {
    this.#layout = layout;
    this.#at = at;
  }

  get attributes(): WireAttributes {
    return (this.#attributes ??= new WireAttributes(
      this.#layout,
      this.shape,
      this.#at + HEAD_CELLS,
    ));
  }

  /** Which keys it has; most spans share theirs. */
  get shape(): AttributeShape {
    const number = this.#cell(Cell.SHAPE);
    return number >= 0 ? shapeOf(number) : new AttributeShape(this.#ownKeys());
  }

  get kind(): number {
    return this.#cell(Cell.KIND);
  }

  get status(): { readonly code: StatusCode; readonly message: string } {
    return { code: this.statusCode, message: this.#text(Cell.STATUS_MESSAGE) };
  }

  get statusCode(): StatusCode {
    return this.#cell(Cell.STATUS_CODE) as StatusCode;
  }

  get links(): TelemetrySpan['links'] {
    return this.#cell(Cell.LINKS) === 0 ? NO_LINKS : this.#readLinks();
  }

  /** The place of its resource and scope among those of the request. */
  get envelope(): number {
    return this.#cell(Cell.ENVELOPE);
  }

  get resource(): TelemetryResource {
    return this.#envelopeOf().resource;
  }

  get scope(): TelemetryScope {
    return this.#envelopeOf().scope;
  }

  get traceId(): string {
    return (this.#traceId ??= traceIds.read(this.#layout.reader.bytes, this.#cell(Cell.TRACE_ID)));
  }

  get spanId(): string {
    return (this.#spanId ??= this.#hex(Cell.SPAN_ID));
  }

  /** It names a parent. */
  get hasParent(): boolean {
    const { bytes } = this.#layout.reader;
    const at = this.#cell(Cell.PARENT_SPAN_ID);
    return at >= 0 && (bytes.readUInt32BE(at) !== 0 || bytes.readUInt32BE(at + 4) !== 0);
  }

  get parentSpanId(): string | undefined {
    return this.hasParent ? this.#hex(Cell.PARENT_SPAN_ID) : undefined;
  }

  get traceState(): string {
    return this.#text(Cell.TRACE_STATE);
  }

  get name(): string {
    return this.#text(Cell.NAME);
  }

  /** Whether the name begins with the text, which is ASCII: seen without making a text of the name. */
  nameBeginsWith(beginning: string): boolean {
    const { bytes } = this.#layout.reader;
    const spot = this.#cell(Cell.NAME);
    const length = spot < 0 ? 0 : (bytes[spot] as number);
    if (length > SHORT_BYTES) return this.name.startsWith(beginning);
    if (length < beginning.length) return false;
    for (let index = 0; index < beginning.length; index += 1) {
      if (bytes[spot + 1 + index] !== beginning.charCodeAt(index)) return false;
    }
    return true;
  }

  get startTimeUnixNano(): string {
    return (this.#startTime ??= this.#nanos(Cell.START_TIME));
  }

  get endTimeUnixNano(): string {
    return (this.#endTime ??= this.#nanos(Cell.END_TIME));
  }

  /** When it began and ended, in nanoseconds: halves of 32 bits, signed. */
  timeWords(): {
    readonly startHigh: number;
    readonly startLow: number;
    readonly endHigh: number;
    readonly endLow: number;
  } {
    const { bytes } = this.#layout.reader;
    const start = this.#cell(Cell.START_TIME);
    const end = this.#cell(Cell.END_TIME);
    return {
      startHigh: start < 0 ? 0 : bytes.readInt32LE(start + 4),
      startLow: start < 0 ? 0 : bytes.readInt32LE(start),
      endHigh: end < 0 ? 0 : bytes.readInt32LE(end + 4),
      endLow: end < 0 ? 0 : bytes.readInt32LE(end),
    };
  }

  get events(): readonly TelemetrySpanEvent[] {
    if (this.#cell(Cell.EVENTS) === 0) return NO_EVENTS;
    return (this.#events ??= this.#readEvents());
  }

  /** Bytes of its message. */
  get length(): number {
    return this.#cell(Cell.LENGTH);
  }

  /** Writes ids, times and place as an index of spans holds them. */
  writeRow(cells: Int32Array, at: number): void {
    const { bytes } = this.#layout.reader;
    const spanId = this.#cell(Cell.SPAN_ID);
    const parent = this.#cell(Cell.PARENT_SPAN_ID);
    const time = this.timeWords();
    cells[at] = bytes.readInt32BE(spanId);
    cells[at + 1] = bytes.readInt32BE(spanId + 4);
    cells[at + 2] = parent < 0 ? 0 : bytes.readInt32BE(parent);
    cells[at + 3] = parent < 0 ? 0 : bytes.readInt32BE(parent + 4);
    cells[at + 4] = time.startHigh;
    cells[at + 5] = time.startLow;
    cells[at + 6] = time.endHigh;
    cells[at + 7] = time.endLow;
    cells[at + 8] = this.#cell(Cell.OFFSET);
    cells[at + 9] = this.length;
  }

  #cell(cell: number): number {
    return this.#layout.cells[this.#at + cell] as number;
  }

  #envelopeOf(): SpanEnvelope {
    return this.#layout.envelopes[this.envelope] as SpanEnvelope;
  }

  #ownKeys(): readonly string[] {
    return this.#layout.ownKeys.get(this.#at) ?? [];
  }

  #readEvents(): readonly TelemetrySpanEvent[] {
    const from = this.#at + HEAD_CELLS + this.#cell(Cell.ATTRIBUTES);
    return this.#inputsFrom(from, this.#cell(Cell.EVENTS), readEvent);
  }

  #readLinks(): TelemetrySpan['links'] {
    const from = this.#at + HEAD_CELLS + this.#cell(Cell.ATTRIBUTES) + this.#cell(Cell.EVENTS);
    return this.#inputsFrom(from, this.#cell(Cell.LINKS), readLink).filter(
      (link) => link !== undefined,
    );
  }

  #inputsFrom<Item>(from: number, count: number, read: (input: ProtobufInput) => Item): Item[] {
    const { reader, cells } = this.#layout;
    return Array.from(cells.subarray(from, from + count), (place) => {
      reader.rewind(place);
      return read({ reader, rejections: SAID_BEFORE });
    });
  }

  #hex(cell: number): string {
    const at = this.#cell(cell);
    return this.#layout.reader.bytes.toString('hex', at, at + 8);
  }

  #text(cell: number): string {
    const spot = this.#cell(cell);
    if (spot < 0) return '';
    const { reader } = this.#layout;
    const length = reader.bytes[spot] as number;
    if (length <= SHORT_BYTES) return shortTexts.read(reader.bytes, spot + 1, spot + 1 + length);
    reader.rewind(spot);
    return reader.string();
  }

  #nanos(cell: number): string {
    const at = this.#cell(cell);
    return at < 0 ? '0' : this.#layout.reader.bytes.readBigUInt64LE(at).toString();
  }
}

const shortTexts = createShortTexts();
const traceIds = createTraceIds();

/** What is wrong with a span was said when its request was checked. */
const SAID_BEFORE = createRejections();

function readEvent(input: ProtobufInput): TelemetrySpanEvent {
  const { reader } = input;
  const attributes = new Map<string, TelemetryValue>();
  let name = '';
  let timeUnixNano = '0';
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x09) timeUnixNano = reader.fixed64Text();
    else if (tag === 0x12) name = reader.string();
    else if (tag === 0x1a) readAttribute(input, attributes);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { name, timeUnixNano, attributes };
}
