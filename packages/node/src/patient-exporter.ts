/** What an export came to; the shape of OpenTelemetry's `ExportResult`. */
export interface ExportOutcome {
  /** 0: taken. 1: not taken. */
  readonly code: 0 | 1;
  readonly error?: Error;
}

/** An exporter of spans or of log records, as the SDK's processors use it. */
export interface BatchExporter<Item> {
  export(items: Item[], done: (outcome: ExportOutcome) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** An exporter that knows what it has not delivered. */
export interface PatientExporter<Item> extends BatchExporter<Item> {
  /** Items that were dropped, and those that are still held or on their way. */
  undelivered(): number;
}

/** How much is held and for how long. */
export interface PatientExporterOptions<Item> {
  /** Sends; gives up quickly, so that it never holds up the end of the process. */
  readonly exporter: BatchExporter<Item>;
  /** Items held while nobody takes them; beyond it the oldest batches are dropped and counted. Default 10,000. */
  readonly maxHeldItems?: number;
  /** Longest pause between two attempts. Default 5 s. */
  readonly maxPauseMillis?: number;
  /** Told of each batch that is dropped or refused for good, with how many items have been by now. */
  readonly onDropped?: (items: number, total: number) => void;
}

const FIRST_PAUSE_MILLIS = 250;

/**
 * Holds what could not be sent and sends it when somebody takes it again, in order: a companion or Collector that is
 * restarted costs no telemetry. Its timers do not keep the process alive. What the receiver refuses for good (4xx, but
 * for 408 and 429) is not held.
 */
export function createPatientExporter<Item>(
  options: PatientExporterOptions<Item>,
): PatientExporter<Item> {
  return new HoldingExporter(options);
}

class HoldingExporter<Item> implements PatientExporter<Item> {
  readonly #exporter: BatchExporter<Item>;
  readonly #maxHeldItems: number;
  readonly #maxPauseMillis: number;
  readonly #onDropped: (items: number, total: number) => void;
  readonly #held: Item[][] = [];
  #heldItems = 0;
  #droppedItems = 0;
  /** On their way for the first time, and so not held. */
  #firstItems = 0;
  #pauseMillis = FIRST_PAUSE_MILLIS;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isShutDown = false;

  constructor(options: PatientExporterOptions<Item>) {
    this.#exporter = options.exporter;
    this.#maxHeldItems = options.maxHeldItems ?? 10_000;
    this.#maxPauseMillis = options.maxPauseMillis ?? 5_000;
    this.#onDropped = options.onDropped ?? (() => undefined);
  }

  export(items: Item[], done: (outcome: ExportOutcome) => void): void {
    if (this.#held.length > 0) {
      this.#hold(items);
      done({ code: 0 });
      return;
    }
    this.#firstItems += items.length;
    this.#exporter.export(items, (outcome) => {
      this.#firstItems -= items.length;
      if (outcome.code !== 0 && (isFinal(outcome.error) || this.#isShutDown)) this.#count(items);
      if (outcome.code === 0 || isFinal(outcome.error) || this.#isShutDown) {
        done(outcome);
        return;
      }
      this.#hold(items);
      done({ code: 0 });
    });
  }

  async forceFlush(): Promise<void> {
    await this.#sendHeld();
    await this.#exporter.forceFlush();
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.#sendHeld();
    clearTimeout(this.#timer);
    await this.#exporter.shutdown();
  }

  undelivered(): number {
    return this.#droppedItems + this.#heldItems + this.#firstItems;
  }

  #hold(items: Item[]): void {
    this.#held.push(items);
    this.#heldItems += items.length;
    while (this.#heldItems > this.#maxHeldItems && this.#held.length > 1) this.#drop();
    this.#sendLater();
  }

  #drop(): void {
    const oldest = this.#held.shift() ?? [];
    this.#heldItems -= oldest.length;
    this.#count(oldest);
  }

  #count(dropped: readonly Item[]): void {
    this.#droppedItems += dropped.length;
    this.#onDropped(dropped.length, this.#droppedItems);
  }

  #sendLater(): void {
    if (this.#timer !== undefined || this.#isShutDown) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#sendHeld();
    }, this.#pauseMillis).unref();
    this.#pauseMillis = Math.min(this.#pauseMillis * 2, this.#maxPauseMillis);
  }

  /** Sends what is held until it is gone or somebody fails. One at a time; never rejects. */
  #sendHeld(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let batch = this.#held[0]; batch !== undefined; batch = this.#held[0]) {
      const items = batch;
      const outcome = await new Promise<ExportOutcome>((resolve) => {
        this.#exporter.export(items, resolve);
      });
      if (outcome.code !== 0 && !isFinal(outcome.error)) {
        this.#sendLater();
        return;
      }
      // It may have been dropped for newer ones while it was on its way.
      if (this.#held[0] !== items) continue;
      if (outcome.code !== 0) {
        this.#drop();
        continue;
      }
      this.#held.shift();
      this.#heldItems -= items.length;
    }
    this.#pauseMillis = FIRST_PAUSE_MILLIS;
  }
}

/** OTLP exporters put the HTTP status on their error as `code`. */
function isFinal(error: Error | undefined): boolean {
  const status = (error as { code?: unknown } | undefined)?.code;
  return (
    typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429
  );
}
