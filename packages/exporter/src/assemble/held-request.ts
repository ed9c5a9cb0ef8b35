import type { SpanEnvelope, SpanLayout } from '../decode/span-layout.ts';
import type { RecordOrigin } from './records.ts';

/** One accepted request, for as long as an open run has a span or an event of it. */
export interface HeldRequest {
  readonly number: number;
  /** Milliseconds since the Unix epoch, by our clock. */
  readonly arrivedAt: number;
  /** The resources and scopes of its spans. */
  readonly envelopes: readonly SpanEnvelope[];
  /** Where its body starts on disk; `undefined` without a journal. */
  readonly place: BodyPlace | undefined;
  /** Its body, and where its spans are in it; `undefined` where only the disk still has it, or where there are none. */
  layout: SpanLayout | undefined;
  /** What that takes. */
  readonly bytes: number;
  /** Frees the memory of the body. */
  readonly release: (() => void) | undefined;
  /** Spans and events that are not settled. */
  open: number;
  /** Spans whose run was not told yet: once there is none, hardly anybody asks for the body. */
  untold: number;
}

export interface BodyPlace {
  readonly segment: number;
  /** Of the body's first byte in the segment. */
  readonly offset: number;
}

export interface RequestsOptions {
  /** Bodies to keep in memory, in bytes; those of older requests stay on disk only, where there is a journal. */
  readonly memoryBytes: number;
  /** Told when nothing of a request is needed any more. */
  readonly onSettled: (place: BodyPlace) => void;
}

/** A request that is to be held. */
export interface NewRequest extends Pick<HeldRequest, 'arrivedAt' | 'place' | 'layout'> {
  /** The disk has these very bytes, so that they may go from memory; not so where they were written anew. */
  readonly isOnDisk: boolean;
  /** Frees the memory of the body, once nothing reads it; default: the garbage collector does. */
  readonly release?: (() => void) | undefined;
}

/** The requests that open runs stand in, and as many of their bodies as memory may hold. */
export interface Requests {
  /**
   * Takes a request in; it is let go of when everything in it is settled. `open` and `untold` count one for the caller,
   * who says {@link told} and {@link settle} when he has read it.
   */
  hold(request: NewRequest): HeldRequest;
  get(number: number): HeldRequest;
  /**
   * The run of one more span is on disk. When all are, the body goes from memory if the disk has it: only a late span
   * makes it wanted again.
   */
  told(request: HeldRequest): void;
  /** One span or event less; the caller's own one too. */
  settle(request: HeldRequest): void;
  /** For an event of the request: settling it twice counts once. */
  origin(request: HeldRequest): RecordOrigin;
  /**
   * Spans of requests are being read from here on, until what this gives is called: so long no body is freed. What was
   * read must not be looked at afterwards.
   */
  reading(): () => void;
  /** Bytes of bodies in memory. */
  bytesInMemory(): number;
}

export function createRequests(options: RequestsOptions): Requests {
  return new HeldRequests(options);
}

class HeldRequests implements Requests {
  readonly #options: RequestsOptions;
  readonly #requests: (HeldRequest | undefined)[] = [];
  readonly #free: number[] = [];
  /** In the order of their arrival: those that have a body which could be dropped. */
  readonly #droppable = new Set<HeldRequest>();
  #inMemory = 0;
  #readers = 0;
  /** Let go of while somebody reads. */
  #leaving: (() => void)[] = [];

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  hold({ arrivedAt, place, layout, isOnDisk, release }: NewRequest): HeldRequest {
    const number = this.#free.pop() ?? this.#requests.length;
    const request: HeldRequest = {
      number,
      arrivedAt,
      envelopes: layout?.envelopes ?? [],
      place,
      layout,
      bytes: layout === undefined ? 0 : layout.reader.bytes.length + layout.bytes,
      release,
      open: 1,
      untold: 1,
    };
    this.#requests[number] = request;
    this.#inMemory += request.bytes;
    if (isOnDisk && layout !== undefined) this.#droppable.add(request);
    for (const oldest of this.#droppable) {
      if (this.#inMemory <= this.#options.memoryBytes) break;
      this.#dropBody(oldest);
    }
    return request;
  }

  get(number: number): HeldRequest {
    const request = this.#requests[number];
    if (request === undefined) throw new Error(`request ${number} was let go of too early`);
    return request;
  }

  told(request: HeldRequest): void {
    request.untold -= 1;
    if (request.untold === 0 && this.#droppable.has(request)) this.#dropBody(request);
  }

  settle(request: HeldRequest): void {
    request.open -= 1;
    if (request.open > 0) return;
    this.#dropBody(request);
    this.#requests[request.number] = undefined;
    this.#free.push(request.number);
    if (request.place !== undefined) this.#options.onSettled(request.place);
  }

  origin(request: HeldRequest): RecordOrigin {
    request.open += 1;
    let settled = false;
    return {
      place: request.place,
      settle: () => {
        if (settled) return;
        settled = true;
        this.settle(request);
      },
    };
  }

  reading(): () => void {
    this.#readers += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#readers -= 1;
      if (this.#readers > 0) return;
      for (const release of this.#leaving) release();
      this.#leaving = [];
    };
  }

  bytesInMemory(): number {
    return this.#inMemory;
  }

  #dropBody(request: HeldRequest): void {
    this.#droppable.delete(request);
    if (request.layout === undefined) return;
    request.layout = undefined;
    this.#inMemory -= request.bytes;
    if (request.release === undefined) return;
    if (this.#readers > 0) this.#leaving.push(request.release);
    else request.release();
  }
}
