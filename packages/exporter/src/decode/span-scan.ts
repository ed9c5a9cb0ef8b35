import { NO_ATTRIBUTES, type AttributeShape } from './attribute-shape.ts';
import { spanIds, spanLink } from './ids.ts';
import { readPlainAttributes } from './plain-attributes.ts';
import { checkAttribute, checkAnyValue, type ProtobufInput } from './protobuf-value.ts';
import { spanKind, statusCode } from './span-enums.ts';
import { Cell, HEAD_CELLS, SpanLayout, type SpanEnvelope } from './span-layout.ts';

/** Cells that most requests fit in, used again for each: some 2,500 spans. */
const shared = new Int32Array(1 << 16);

/**
 * Checks the spans of one request from end to end, and notes where everything in them is. Requests are scanned one after
 * another: a scan is over before the next one begins.
 */
export class SpanScan {
  readonly #input: ProtobufInput;
  readonly #envelopes: SpanEnvelope[] = [];
  readonly #starts: number[] = [];
  readonly #ownKeys = new Map<number, readonly string[]>();
  #cells = shared;
  #used = 0;
  /** Of the span that is being read. */
  #start = 0;
  #shape: AttributeShape | undefined = NO_ATTRIBUTES;
  #keys: string[] = [];
  #events: number[] = [];
  #links: number[] = [];
  #traceIdBytes = 0;
  #spanIdBytes = 0;
  #parentIdBytes = 0;

  constructor(input: ProtobufInput) {
    this.#input = input;
  }

  /** The spans that follow stand in this resource and scope. */
  enter(envelope: SpanEnvelope): void {
    this.#envelopes.push(envelope);
  }

  /**
   * Reads the `Span` message that the reader stands in, and checks all of it; it is left out where its ids are no ids,
   * which counts as rejected. Throws `MalformedInput`.
   */
  add(): void {
    const { reader } = this.#input;
    const offset = reader.position;
    this.#begin(offset);
    while (reader.more()) {
      this.#addPlainAttributes();
      if (reader.more()) this.#readField();
    }
    if (!this.#hasIds()) {
      this.#used = this.#start;
      return;
    }
    this.#set(Cell.LENGTH, reader.position - offset);
    this.#finish();
  }

  layout(): SpanLayout {
    return new SpanLayout(this.#input.reader, {
      envelopes: this.#envelopes,
      cells: this.#cells.slice(0, this.#used),
      starts: Int32Array.from(this.#starts),
      ownKeys: this.#ownKeys,
    });
  }

  #begin(offset: number): void {
    this.#start = this.#used;
    this.#reserve(HEAD_CELLS);
    this.#used += HEAD_CELLS;
    this.#cells.fill(-1, this.#start, this.#used);
    this.#set(Cell.OFFSET, offset);
    this.#set(Cell.KIND, 0);
    this.#set(Cell.STATUS_CODE, 0);
    this.#set(Cell.ENVELOPE, this.#envelopes.length - 1);
    this.#shape = NO_ATTRIBUTES;
    if (this.#keys.length > 0) this.#keys = [];
    if (this.#events.length > 0) this.#events = [];
    if (this.#links.length > 0) this.#links = [];
    this.#traceIdBytes = 0;
    this.#spanIdBytes = 0;
    this.#parentIdBytes = 0;
  }

  #finish(): void {
    const start = this.#start;
    this.#set(Cell.ATTRIBUTES, this.#used - start - HEAD_CELLS);
    this.#set(Cell.EVENTS, this.#events.length);
    this.#set(Cell.LINKS, this.#links.length);
    if (this.#shape === undefined) this.#ownKeys.set(start, this.#keys);
    else this.#set(Cell.SHAPE, this.#shape.number);
    for (const place of this.#events) this.#push(place);
    for (const place of this.#links) this.#push(place);
    this.#starts.push(start);
  }

  #set(cell: number, value: number): void {
    this.#cells[this.#start + cell] = value;
  }

  #at(cell: number): number {
    return this.#cells[this.#start + cell] as number;
  }

  #push(place: number): void {
    if (this.#used === this.#cells.length) this.#reserve(1);
    this.#cells[this.#used] = place;
    this.#used += 1;
  }

  #reserve(cells: number): void {
    if (this.#used + cells <= this.#cells.length) return;
    const wider = new Int32Array(2 * this.#cells.length);
    wider.set(this.#cells);
    this.#cells = wider;
  }

  #addPlainAttributes(): void {
    const shape = this.#shape;
    const { reader } = this.#input;
    if (shape === undefined || reader.bytes[reader.position] !== ATTRIBUTE) return;
    this.#reserve(MOST_PLAIN);
    const places = { shape, cells: this.#cells, used: this.#used };
    readPlainAttributes(reader, places);
    this.#shape = places.shape;
    this.#used = places.used;
  }

  #readField(): void {
    const { reader } = this.#input;
    const tag = reader.tag();
    switch (tag) {
      case 0x0a:
        this.#set(Cell.TRACE_ID, reader.passBytes());
        this.#traceIdBytes = reader.position - this.#at(Cell.TRACE_ID);
        break;
      case 0x12:
        this.#set(Cell.SPAN_ID, reader.passBytes());
        this.#spanIdBytes = reader.position - this.#at(Cell.SPAN_ID);
        break;
      case 0x1a:
        this.#set(Cell.TRACE_STATE, reader.position);
        reader.passBytes();
        break;
      case 0x22:
        this.#set(Cell.PARENT_SPAN_ID, reader.passBytes());
        this.#parentIdBytes = reader.position - this.#at(Cell.PARENT_SPAN_ID);
        break;
      case 0x2a:
        this.#set(Cell.NAME, reader.position);
        reader.passBytes();
        break;
      case 0x30:
        this.#set(Cell.KIND, spanKind(reader.int32()));
        break;
      case 0x39:
        this.#set(Cell.START_TIME, reader.passFixed64());
        break;
      case 0x41:
        this.#set(Cell.END_TIME, reader.passFixed64());
        break;
      case ATTRIBUTE:
        this.#addAttribute();
        break;
      case 0x5a:
        this.#events.push(reader.position);
        this.#checkEvent();
        break;
      case 0x6a:
        this.#addLink();
        break;
      case 0x7a:
        this.#readStatus();
        break;
      default:
        reader.skip(tag);
    }
  }

  #addAttribute(): void {
    const { reader } = this.#input;
    let keyStart = 0;
    let keyEnd = 0;
    let place = -1;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === 0x0a) {
        keyStart = reader.passBytes();
        keyEnd = reader.position;
      } else if (tag === 0x12) {
        place = reader.position;
        checkAnyValue(this.#input, 1);
      } else reader.skip(tag);
    }
    reader.leave(outer);
    this.#addKey(keyStart, keyEnd);
    this.#push(place);
  }

  #addKey(start: number, end: number): void {
    const { bytes } = this.#input.reader;
    const shape = this.#shape;
    const next = shape?.with(bytes, start, end);
    if (next === undefined) {
      if (shape !== undefined) this.#keys = [...shape.keys];
      this.#keys.push(bytes.toString('utf8', start, end));
    }
    this.#shape = next;
  }

  #checkEvent(): void {
    const { reader } = this.#input;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === 0x1a) checkAttribute(this.#input);
      else reader.skip(tag);
    }
    reader.leave(outer);
  }

  #addLink(): void {
    const { position } = this.#input.reader;
    if (readLink(this.#input) !== undefined) this.#links.push(position);
  }

  /** A message that comes twice is merged, as protobuf says. */
  #readStatus(): void {
    const { reader } = this.#input;
    const outer = reader.enter();
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === 0x12) {
        this.#set(Cell.STATUS_MESSAGE, reader.position);
        reader.passBytes();
      } else if (tag === 0x18) this.#set(Cell.STATUS_CODE, statusCode(reader.int32()));
      else reader.skip(tag);
    }
    reader.leave(outer);
  }

  /** Whether its ids are ids; says so where they are not. */
  #hasIds(): boolean {
    if (this.#areIds()) return true;
    const { reader, rejections } = this.#input;
    const hex = (cell: number, length: number): string =>
      length === 0 ? '' : reader.bytes.toString('hex', this.#at(cell), this.#at(cell) + length);
    const raw = {
      traceId: hex(Cell.TRACE_ID, this.#traceIdBytes),
      spanId: hex(Cell.SPAN_ID, this.#spanIdBytes),
      parentSpanId: hex(Cell.PARENT_SPAN_ID, this.#parentIdBytes),
    };
    if (spanIds(raw, rejections) === undefined) return false;
    // A parent id of zeroes, whatever its length, is none.
    this.#set(Cell.PARENT_SPAN_ID, -1);
    return true;
  }

  /** Whether the ids are of the right length and not zero: nearly always, and seen without making texts of them. */
  #areIds(): boolean {
    if (this.#traceIdBytes !== 16 || this.#spanIdBytes !== 8) return false;
    if (this.#at(Cell.PARENT_SPAN_ID) >= 0 && this.#parentIdBytes !== 8) return false;
    const { bytes } = this.#input.reader;
    const traceId = this.#at(Cell.TRACE_ID);
    return isNotZero(bytes, this.#at(Cell.SPAN_ID), 8) && isNotZero(bytes, traceId, 16);
  }
}

/** Field 9, a message. */
const ATTRIBUTE = 0x4a;
/** Plain attributes that are read in a row, at most: as many as a shape may have. */
const MOST_PLAIN = 128;

function isNotZero(bytes: Buffer, at: number, length: number): boolean {
  for (let index = at; index < at + length; index += 1) if (bytes[index] !== 0) return true;
  return false;
}

/** Reads the link that the reader stands before; says so where its ids are none. */
export function readLink({
  reader,
  rejections,
}: ProtobufInput): { readonly traceId: string; readonly spanId: string } | undefined {
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
  return spanLink(traceId, spanId, rejections);
}
