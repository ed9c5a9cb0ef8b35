import type { ServerResponse } from 'node:http';

import type { ControlEvent } from '@aftertrace/schema';

/** A message to one process, sent again on each new connection until it has been acted on. */
export interface DirectMessage {
  readonly event: Exclude<ControlEvent['event'], 'state' | 'heartbeat'>;
  /** Of what it is about: sent once on a connection. */
  readonly id: string;
  readonly data: unknown;
}

/** What streams ask for when there is something to send: always the present state, never a backlog. */
export interface StreamSource {
  /** The state as JSON, and the revision that it has. */
  readonly state: () => { readonly revision: number; readonly json: string };
  /** What the instance still has to act on: answers, orders to undo. Never rejects. */
  readonly messages: (instance: string) => Promise<readonly DirectMessage[]>;
}

export interface StreamHubOptions {
  readonly source: StreamSource;
  readonly now: () => number;
  /** A reader that takes nothing for so long is disconnected. */
  readonly stallTimeoutMillis: number;
  /** Called for each stream that was cut because its reader took nothing. */
  readonly onStalled: (instance: string) => void;
}

/**
 * The server-sent event streams to the agents. A reader that is slow holds up nobody, and holds at most one state in
 * memory: while it is behind, nothing is queued for it; when it has caught up it gets what is true then.
 */
export interface StreamHub {
  readonly open: (response: ServerResponse, instance: string) => void;
  /** The state has changed: every stream gets it. */
  readonly stateChanged: () => void;
  /** There is something new for that instance to act on. */
  readonly answered: (instance: string) => void;
  /** Sends a heartbeat on every stream, and cuts the streams that have stalled. */
  readonly heartbeat: () => void;
  readonly size: () => number;
  readonly close: () => void;
}

export function createStreamHub(options: StreamHubOptions): StreamHub {
  const streams = new Set<EventStream>();
  const frame = createStateFrame(options.source);
  return {
    open: (response, instance) => {
      const stream = new EventStream(response, instance, { ...options, frame });
      streams.add(stream);
      response.once('close', () => streams.delete(stream));
      stream.start();
    },
    stateChanged: () => {
      for (const stream of streams) stream.stateChanged();
    },
    answered: (instance) => {
      for (const stream of streams) if (stream.instance === instance) stream.answered();
    },
    heartbeat: () => {
      const nowMillis = options.now();
      const at = new Date(nowMillis).toISOString();
      const beat = Buffer.from(`event: heartbeat\ndata: ${JSON.stringify({ at })}\n\n`);
      for (const stream of streams) stream.heartbeat(nowMillis, beat);
    },
    size: () => streams.size,
    close: () => {
      for (const stream of streams) stream.end();
    },
  };
}

/** A state as it goes out, bytes that all streams share. */
interface StateFrame {
  readonly revision: number;
  readonly json: string;
  readonly bytes: Buffer;
}

/** The frame of the present state, made once a state: a thousand streams would each encode it anew. */
function createStateFrame({ state }: StreamSource): () => StateFrame {
  let last: StateFrame | undefined;
  return () => {
    const { revision, json } = state();
    // Of the same revision too: a text that was destroyed is in it no more.
    if (last?.revision !== revision || last.json !== json) {
      const text = `id: ${revision}\nevent: state\ndata: ${json}\n\n`;
      last = { revision, json, bytes: Buffer.from(text) };
    }
    return last;
  };
}

class EventStream {
  readonly instance: string;
  readonly #response: ServerResponse;
  readonly #options: StreamHubOptions & { readonly frame: () => StateFrame };
  /** Messages sent on this connection: a new connection gets them again. */
  readonly #sent = new Set<string>();
  #sentRevision = -1;
  #stalledSinceMillis: number | undefined;

  constructor(
    response: ServerResponse,
    instance: string,
    options: StreamHubOptions & { readonly frame: () => StateFrame },
  ) {
    this.#response = response;
    this.instance = instance;
    this.#options = options;
  }

  start(): void {
    this.#response.on('drain', () => {
      this.#stalledSinceMillis = undefined;
      this.stateChanged();
      this.answered();
    });
    this.#response.on('error', () => this.#response.destroy());
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.#response.socket?.setKeepAlive(true, 10_000);
    this.#response.socket?.setNoDelay(true);
    this.stateChanged();
    this.answered();
  }

  stateChanged(): void {
    const { revision, bytes } = this.#options.frame();
    if (revision <= this.#sentRevision) return;
    if (this.#write(bytes)) this.#sentRevision = revision;
  }

  answered(): void {
    void this.#options.source
      .messages(this.instance)
      .then((messages) => messages.forEach((message) => this.#sendOnce(message)));
  }

  heartbeat(nowMillis: number, beat: Buffer): void {
    const since = this.#stalledSinceMillis;
    if (since !== undefined && nowMillis - since >= this.#options.stallTimeoutMillis) {
      this.#options.onStalled(this.instance);
      this.#response.destroy();
      return;
    }
    this.#write(beat);
  }

  end(): void {
    this.#response.end();
    // A reader that takes nothing would keep the server from closing.
    if (this.#response.writableNeedDrain) this.#response.destroy();
  }

  #sendOnce({ event, id, data }: DirectMessage): void {
    if (this.#sent.has(id)) return;
    if (this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) this.#sent.add(id);
  }

  /** False: the reader is behind, or gone; `drain` tries again. */
  #write(text: string | Buffer): boolean {
    const response = this.#response;
    if (response.destroyed || response.writableEnded || response.writableNeedDrain) return false;
    if (!response.write(text)) this.#stalledSinceMillis ??= this.#options.now();
    return true;
  }
}
