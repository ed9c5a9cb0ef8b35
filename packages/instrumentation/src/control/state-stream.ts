import type { IncomingMessage } from 'node:http';

import { createBackoff, type Backoff } from './backoff.ts';
import type { CompanionClient } from './http-client.ts';
import { createSseParser, type ServerSentEvent } from './sse-parser.ts';

/** Longest event that is read, in UTF-16 units: a policy of ten thousand rules fits. */
const MAX_EVENT_LENGTH = 32_000_000;

/** What the stream works with. */
export interface StateStreamOptions {
  readonly client: CompanionClient;
  /** Path and query, made anew for each connection. */
  readonly path: () => string;
  readonly onEvent: (event: ServerSentEvent) => void;
  /** A connection could not be made or was lost; `status` where the other side answered. */
  readonly onDown: (reason: string, status: number | undefined) => void;
  /** Longest wait for the first sign of life. */
  readonly connectMillis: number;
  /** Without any sign of life for so long after that, the connection counts as dead. */
  readonly silenceMillis: number;
  /** Longest wait between attempts. */
  readonly maxBackoffMillis: number;
  readonly random: () => number;
}

/** Keeps one stream open as long as the process lives, without keeping the process alive. Returns a way to end it. */
export function openStateStream(options: StateStreamOptions): () => void {
  const stream = new StateStream(options);
  stream.connect();
  return () => stream.close();
}

class StateStream {
  readonly #options: StateStreamOptions;
  readonly #backoff: Backoff;
  #disconnect: (() => void) | undefined;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: StateStreamOptions) {
    this.#options = options;
    const { maxBackoffMillis: maxMillis, random } = options;
    this.#backoff = createBackoff({ firstMillis: 100, maxMillis, random });
  }

  connect(): void {
    if (this.#isClosed) return;
    const { client, path } = this.#options;
    this.#expect(this.#options.connectMillis);
    this.#disconnect = client.stream(path(), {
      onResponse: (response) => this.#read(response),
      onFailure: (reason) => this.#lost(reason),
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#disconnect?.();
  }

  #read(response: IncomingMessage): void {
    const { statusCode, headers } = response;
    const type = headers['content-type'] ?? 'no content type';
    if (statusCode !== 200 || !type.startsWith('text/event-stream')) {
      this.#abandon(`it answered ${statusCode ?? 0}, ${type}`, statusCode);
      return;
    }
    const parser = createSseParser(MAX_EVENT_LENGTH);
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.#expect(this.#options.silenceMillis);
      const events = parser.push(text);
      if (events === undefined) {
        this.#abandon('it sent an event that is too long', undefined);
        return;
      }
      for (const event of events) {
        this.#backoff.reset();
        this.#options.onEvent(event);
      }
    });
  }

  /** The next sign of life must come within this time. */
  #expect(withinMillis: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#abandon(`nothing was heard for ${withinMillis} ms`, undefined);
    }, withinMillis).unref();
  }

  #abandon(reason: string, status: number | undefined): void {
    this.#disconnect?.();
    this.#lost(reason, status);
  }

  #lost(reason: string, status?: number): void {
    clearTimeout(this.#silence);
    if (this.#isClosed) return;
    this.#disconnect = undefined;
    this.#options.onDown(reason, status);
    this.#retry = setTimeout(() => this.connect(), this.#backoff.next()).unref();
  }
}
