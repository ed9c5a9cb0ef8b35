import { AttributeShape, NO_ATTRIBUTES } from './attribute-shape.ts';
import { spanIds, spanLink } from './ids.ts';
import { readPlainAttributes } from './plain-attributes.ts';
import {
  checkAttribute,
  checkAnyValue,
  readAttribute,
  type ProtobufInput,
} from './protobuf-value.ts';
import { createRejections } from './rejections.ts';
import { spanKind, statusCode } from './span-enums.ts';
import type {
  StatusCode,
  TelemetryResource,
  TelemetryScope,
  TelemetrySpan,
  TelemetrySpanEvent,
  TelemetryValue,
} from './telemetry.ts';
import { createShortTexts, SHORT_BYTES } from './short-texts.ts';
import { WireAttributes } from './wire-attributes.ts';
import type { WireReader } from './wire-reader.ts';

/** Where a span came from: what stands around it in the request. */
export interface SpanEnvelope {
  readonly resource: TelemetryResource;
  readonly scope: TelemetryScope;
}

const NO_EVENTS: readonly TelemetrySpanEvent[] = [];
const NO_LINKS: TelemetrySpan['links'] = [];
const NO_KEYS: string[] = [];

/**
 * A span that still lies in the bytes of its request: checked from end to end, decoded where somebody looks. Whoever
 * keeps one keeps the whole request. Everything but the fields of `TelemetrySpan` is for the reader of spans.
 */
export class WireSpan implements TelemetrySpan {
  readonly reader: WireReader;
  readonly envelope: SpanEnvelope;
  /** Where its message starts in the request, behind its length. */
  readonly offset: number;
  length = 0;
  traceId = '';
  kind = 0;
  statusCode: StatusCode = 0;
  statusMessage = '';
  /** Fields as places in the bytes; -1 where a field is absent. */
  traceIdAt = -1;
  spanIdAt = -1;
  parentSpanIdAt = -1;
  traceStateAt = -1;
  nameAt = -1;
  startTimeAt = -1;
  endTimeAt = -1;
  /** `undefined` once the keys are more or longer than a shape holds; then they stand in `ownKeys`. */
  shape: AttributeShape | undefined = NO_ATTRIBUTES;
  ownKeys: string[] = NO_KEYS;
  /** Where the values of the attributes are. */
  readonly spots: number[] = [];
  eventsAt: number[] | undefined = undefined;
  foundLinks: { readonly traceId: string; readonly spanId: string }[] | undefined = undefined;
  #attributes: WireAttributes | undefined;
  #spanId: string | undefined;
  #name: string | undefined;
  #events: readonly TelemetrySpanEvent[] | undefined;

  constructor(reader: WireReader, envelope: SpanEnvelope) {
    this.reader = reader;
    this.envelope = envelope;
    this.offset = reader.position;
  }

  get attributes(): WireAttributes {
    this.#attributes ??= new WireAttributes(
      this.reader,
      this.shape ?? new AttributeShape(this.ownKeys),
      this.spots,
    );
    return this.#attributes;
  }

  get status(): { readonly code: StatusCode; readonly message: string } {
    return { code: this.statusCode, message: this.statusMessage };
  }

  get links(): TelemetrySpan['links'] {
    return this.foundLinks ?? NO_LINKS;
  }

  get resource(): TelemetryResource {
    return this.envelope.resource;
  }

  get scope(): TelemetryScope {
    return this.envelope.scope;
  }

  get spanId(): string {
    this.#spanId ??= this.#hex(this.spanIdAt, 8);
    return this.#spanId;
  }

  /** It names a parent. */
  get hasParent(): boolean {
    const { bytes } = this.reader;
    const at = this.parentSpanIdAt;
    return at >= 0 && (bytes.readUInt32BE(at) !== 0 || bytes.readUInt32BE(at + 4) !== 0);
  }

  get parentSpanId(): string | undefined {
    return this.hasParent ? this.#hex(this.parentSpanIdAt, 8) : undefined;
  }

  get traceState(): string {
    return this.#text(this.traceStateAt);
  }

  get name(): string {
    this.#name ??= this.#text(this.nameAt);
    return this.#name;
  }

  get startTimeUnixNano(): string {
    return this.#nanos(this.startTimeAt);
  }

  get endTimeUnixNano(): string {
    return this.#nanos(this.endTimeAt);
  }

  get events(): readonly TelemetrySpanEvent[] {
    const { eventsAt, reader } = this;
    if (eventsAt === undefined) return NO_EVENTS;
    this.#events ??= eventsAt.map((spot) => {
      reader.rewind(spot);
      return readEvent({ reader, rejections: SAID_BEFORE });
    });
    return this.#events;
  }

  /** Writes ids, times and place as an index of spans holds them. */
  fill(cells: Int32Array, at: number): void {
    const { bytes } = this.reader;
    const { spanIdAt, parentSpanIdAt, startTimeAt, endTimeAt } = this;
    cells[at] = bytes.readUInt32BE(spanIdAt);
    cells[at + 1] = bytes.readUInt32BE(spanIdAt + 4);
    cells[at + 2] = parentSpanIdAt < 0 ? 0 : bytes.readUInt32BE(parentSpanIdAt);
    cells[at + 3] = parentSpanIdAt < 0 ? 0 : bytes.readUInt32BE(parentSpanIdAt + 4);
    cells[at + 4] = startTimeAt < 0 ? 0 : bytes.readUInt32LE(startTimeAt + 4);
    cells[at + 5] = startTimeAt < 0 ? 0 : bytes.readUInt32LE(startTimeAt);
    cells[at + 6] = endTimeAt < 0 ? 0 : bytes.readUInt32LE(endTimeAt + 4);
    cells[at + 7] = endTimeAt < 0 ? 0 : bytes.readUInt32LE(endTimeAt);
    cells[at + 8] = this.offset;
    cells[at + 9] = this.length;
  }

  #hex(at: number, length: number): string {
    return this.reader.bytes.toString('hex', at, at + length);
  }

  #text(spot: number): string {
    if (spot < 0) return '';
    const { bytes } = this.reader;
    const length = bytes[spot] as number;
    if (length <= SHORT_BYTES) return shortTexts.read(bytes, spot + 1, spot + 1 + length);
    this.reader.rewind(spot);
    return this.reader.string();
  }

  #nanos(at: number): string {
    return at < 0 ? '0' : this.reader.bytes.readBigUInt64LE(at).toString();
  }
}

const shortTexts = createShortTexts();

/** What is wrong with a span was said when its request was checked. */
const SAID_BEFORE = createRejections();

/**
 * Reads the `Span` message that the reader stands in, and checks all of it; `undefined` where its ids are no ids, which
 * counts as rejected. Throws `MalformedInput`.
 */
export function readWireSpan(input: ProtobufInput, envelope: SpanEnvelope): WireSpan | undefined {
  const { reader, rejections } = input;
  const span = new WireSpan(reader, envelope);
  const lengths = { traceId: 0, spanId: 0, parentSpanId: 0 };
  while (reader.more()) {
    readPlainAttributes(reader, span);
    if (reader.more()) readField(input, span, lengths);
  }
  span.length = reader.position - span.offset;
  const { bytes } = reader;
  const hex = (at: number, length: number): string =>
    length === 0 ? '' : bytes.toString('hex', at, at + length);
  span.traceId = hex(span.traceIdAt, lengths.traceId);
  if (areIds(bytes, span, lengths)) return span;
  const raw = {
    traceId: span.traceId,
    spanId: hex(span.spanIdAt, lengths.spanId),
    parentSpanId: hex(span.parentSpanIdAt, lengths.parentSpanId),
  };
  if (spanIds(raw, rejections) === undefined) return undefined;
  // A parent id of zeroes, whatever its length, is none.
  span.parentSpanIdAt = -1;
  return span;
}

interface IdLengths {
  traceId: number;
  spanId: number;
  parentSpanId: number;
}

function readField(input: ProtobufInput, span: WireSpan, lengths: IdLengths): void {
  const { reader } = input;
  const tag = reader.tag();
  switch (tag) {
    case 0x0a:
      span.traceIdAt = reader.passBytes();
      lengths.traceId = reader.position - span.traceIdAt;
      break;
    case 0x12:
      span.spanIdAt = reader.passBytes();
      lengths.spanId = reader.position - span.spanIdAt;
      break;
    case 0x1a:
      span.traceStateAt = reader.position;
      reader.passBytes();
      break;
    case 0x22:
      span.parentSpanIdAt = reader.passBytes();
      lengths.parentSpanId = reader.position - span.parentSpanIdAt;
      break;
    case 0x2a:
      span.nameAt = reader.position;
      reader.passBytes();
      break;
    case 0x30:
      span.kind = spanKind(reader.int32());
      break;
    case 0x39:
      span.startTimeAt = reader.passFixed64();
      break;
    case 0x41:
      span.endTimeAt = reader.passFixed64();
      break;
    case 0x4a:
      readAttributePlace(input, span);
      break;
    case 0x5a:
      span.eventsAt ??= [];
      span.eventsAt.push(reader.position);
      checkEvent(input);
      break;
    case 0x6a:
      readLink(input, span);
      break;
    case 0x7a:
      readStatus(input, span);
      break;
    default:
      reader.skip(tag);
  }
}

/** Whether the ids are of the right length and not zero: nearly always, and seen without making texts of them. */
function areIds(bytes: Buffer, span: WireSpan, lengths: IdLengths): boolean {
  const { traceIdAt: traceId, spanIdAt: spanId, parentSpanIdAt: parentSpanId } = span;
  if (lengths.traceId !== 16 || lengths.spanId !== 8) return false;
  if (parentSpanId >= 0 && lengths.parentSpanId !== 8) return false;
  return (
    (bytes.readUInt32BE(spanId) !== 0 || bytes.readUInt32BE(spanId + 4) !== 0) &&
    (bytes.readUInt32BE(traceId) !== 0 ||
      bytes.readUInt32BE(traceId + 4) !== 0 ||
      bytes.readUInt32BE(traceId + 8) !== 0 ||
      bytes.readUInt32BE(traceId + 12) !== 0)
  );
}

function readAttributePlace(input: ProtobufInput, span: WireSpan): void {
  const { reader } = input;
  let keyStart = 0;
  let keyEnd = 0;
  let spot = -1;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      keyStart = reader.passBytes();
      keyEnd = reader.position;
    } else if (tag === 0x12) {
      spot = reader.position;
      checkAnyValue(input, 1);
    } else reader.skip(tag);
  }
  reader.leave(outer);
  addKey(reader.bytes, span, { start: keyStart, end: keyEnd });
  span.spots.push(spot);
}

function addKey(
  bytes: Buffer,
  span: WireSpan,
  { start, end }: { readonly start: number; readonly end: number },
): void {
  const { shape } = span;
  const next = shape?.with(bytes, start, end);
  if (next === undefined) {
    if (shape !== undefined) span.ownKeys = [...shape.keys];
    span.ownKeys.push(bytes.toString('utf8', start, end));
  }
  span.shape = next;
}

function checkEvent(input: ProtobufInput): void {
  const { reader } = input;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x1a) checkAttribute(input);
    else reader.skip(tag);
  }
  reader.leave(outer);
}

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

function readLink({ reader, rejections }: ProtobufInput, span: WireSpan): void {
  let traceId = '';
  let spanId = '';
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) traceId = reader.hex();
    else if (tag === 0x12) spanId = reader.hex();
    else reader.skip(tag);
  }
  reader.leave(outer);
  const link = spanLink(traceId, spanId, rejections);
  if (link === undefined) return;
  span.foundLinks ??= [];
  span.foundLinks.push(link);
}

function readStatus({ reader }: ProtobufInput, span: WireSpan): void {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x12) span.statusMessage = reader.string();
    else if (tag === 0x18) span.statusCode = statusCode(reader.int32());
    else reader.skip(tag);
  }
  reader.leave(outer);
}
