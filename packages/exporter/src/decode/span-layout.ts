import type { TelemetryResource, TelemetryScope } from './telemetry.ts';
import type { WireReader } from './wire-reader.ts';

/** Where a span came from: what stands around it in the request. */
export interface SpanEnvelope {
  readonly resource: TelemetryResource;
  readonly scope: TelemetryScope;
}

/**
 * What the cells of a span are, from its first one on: places are offsets in the request, -1 where a field is absent.
 * Behind them come the places of its attributes' values, of its events and of its links.
 */
export const Cell = {
  OFFSET: 0,
  LENGTH: 1,
  TRACE_ID: 2,
  SPAN_ID: 3,
  PARENT_SPAN_ID: 4,
  TRACE_STATE: 5,
  NAME: 6,
  START_TIME: 7,
  END_TIME: 8,
  KIND: 9,
  STATUS_CODE: 10,
  STATUS_MESSAGE: 11,
  ENVELOPE: 12,
  /** Number of the shape; -1 where the keys are the span's own. */
  SHAPE: 13,
  ATTRIBUTES: 14,
  EVENTS: 15,
  LINKS: 16,
} as const;
/** How many there are of those. */
export const HEAD_CELLS = 17;

/** What scanning a request found. */
export interface ScannedSpans {
  readonly envelopes: readonly SpanEnvelope[];
  readonly cells: Int32Array;
  /** Where the cells of each span start, in the order of their offsets. */
  readonly starts: Int32Array;
  /** Keys of spans whose keys are no shape's, by where their cells start. */
  readonly ownKeys: ReadonlyMap<number, readonly string[]>;
}

/** Where everything lies in the spans of a request: it was checked once, and needs no second look. */
export class SpanLayout {
  readonly reader: WireReader;
  readonly envelopes: readonly SpanEnvelope[];
  readonly cells: Int32Array;
  readonly ownKeys: ReadonlyMap<number, readonly string[]>;
  /** Where the cells of each span start, in the order of their offsets. */
  readonly starts: Int32Array;

  constructor(reader: WireReader, { envelopes, cells, starts, ownKeys }: ScannedSpans) {
    this.reader = reader;
    this.envelopes = envelopes;
    this.cells = cells;
    this.ownKeys = ownKeys;
    this.starts = starts;
  }

  /** What it holds besides the request itself, in bytes. */
  get bytes(): number {
    let keys = 0;
    for (const own of this.ownKeys.values()) {
      for (const key of own) keys += KEY_BYTES + 2 * key.length;
    }
    return this.cells.byteLength + this.starts.byteLength + keys;
  }

  /** Where the cells start of the span whose message starts at the offset; -1 where none does. */
  startOf(offset: number): number {
    const { starts, cells } = this;
    let low = 0;
    let high = starts.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const start = starts[middle] as number;
      const found = cells[start + Cell.OFFSET] as number;
      if (found === offset) return start;
      if (found < offset) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

/** About what the engine holds for a text besides its characters. */
const KEY_BYTES = 32;
