import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

import type { ExporterConfigInput } from '../config.ts';
import { openDataDir, type DataDir } from '../data-dir/data-dir.ts';
import { encodeTraces } from '../decode/encode-traces.ts';
import { ExporterError } from '../exporter-error.ts';
import { createJournal } from '../journal/journal.ts';
import type { Pipeline, PipelineOptions } from '../pipeline-api.ts';
import { createPipeline } from '../pipeline.ts';
import type { AcceptRequest } from '../receive/accept.ts';
import { readSdkSpans } from './read-sdk-spans.ts';
import type { SdkLogRecord, SdkSpan } from './sdk-records.ts';
import { writeSdkLogs } from './write-sdk-logs.ts';

export interface AftertraceExporterOptions extends Pick<
  PipelineOptions,
  'onFinding' | 'onRun' | 'log'
> {
  /** Directory of the data; made where there is none. One process has it open: give each worker its own. */
  readonly dataDir: string;
  readonly config?: ExporterConfigInput;
  /** How long `shutdown` may take. Default 5 s. */
  readonly shutdownMillis?: number;
}

/** What an export came to, as the SDK's `ExportResult` has it: 0 for success, 1 for failure. */
export interface SdkExportResult {
  readonly code: 0 | 1;
  readonly error?: Error;
}

/**
 * The whole pipeline inside of an application, without a Collector and a companion: `SpanExporter` and
 * `LogRecordExporter` of the OpenTelemetry SDK in one object. Give the same object to the processors of both.
 */
export interface AftertraceExporter {
  /** Takes spans or log records that have been recorded; calls back once they are on disk. Never throws. */
  export(
    records: readonly (SdkSpan | SdkLogRecord)[],
    resultCallback: (result: SdkExportResult) => void,
  ): void;
  /** Resolves when what was exported is on disk, and every run that has ended has its line. */
  forceFlush(): Promise<void>;
  /**
   * Finishes and closes. Both processors call it; what the slower one still exports meanwhile is taken. Runs that go on
   * stay in the journal, for the next start. Idempotent.
   */
  shutdown(): Promise<void>;
  /** The pipeline behind it, once something was exported; for its numbers. */
  pipeline(): Pipeline | undefined;
}

/** Nothing is opened before the first export. */
export function createAftertraceExporter(options: AftertraceExporterOptions): AftertraceExporter {
  return new InProcessExporter(options);
}

const DEFAULT_SHUTDOWN_MILLIS = 5000;
const MAX_ATTEMPTS = 5;

interface Opened {
  readonly dataDir: DataDir;
  readonly pipeline: Pipeline;
}

class InProcessExporter implements AftertraceExporter {
  readonly #options: AftertraceExporterOptions;
  readonly #exports = new Set<Promise<void>>();
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: AftertraceExporterOptions) {
    this.#options = options;
  }

  export(
    records: readonly (SdkSpan | SdkLogRecord)[],
    resultCallback: (result: SdkExportResult) => void,
  ): void {
    const work: Promise<void> = this.#result(records).then((result) => {
      this.#exports.delete(work);
      return resultCallback(result);
    });
    this.#exports.add(work);
    work.catch((cause: unknown) =>
      this.#options.log?.({ level: 'error', message: 'the SDK failed on a result', cause }),
    );
  }

  async #result(records: readonly (SdkSpan | SdkLogRecord)[]): Promise<SdkExportResult> {
    try {
      await this.#take(records);
      return { code: 0 };
    } catch (error) {
      return { code: 1, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#exports);
    if (!this.#isClosed) await this.#opened?.pipeline.flush();
  }

  shutdown(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  pipeline(): Pipeline | undefined {
    return this.#opened?.pipeline;
  }

  async #take(records: readonly (SdkSpan | SdkLogRecord)[]): Promise<void> {
    if (this.#isClosed) throw new Error('the aftertrace exporter has been shut down');
    const { pipeline } = await this.#open();
    const spans = records.filter((record): record is SdkSpan => !isLog(record));
    const logs = records.filter(isLog);
    const receivedAt = Date.now();
    if (spans.length > 0) {
      const body = encodeTraces(readSdkSpans(spans));
      await accepted(pipeline, { signal: 'traces', encoding: 'protobuf', body, receivedAt });
    }
    if (logs.length > 0) {
      const body = writeSdkLogs(logs);
      await accepted(pipeline, { signal: 'logs', encoding: 'json', body, receivedAt });
    }
  }

  /** What could not be opened is tried again with the next export. */
  async #open(): Promise<Opened> {
    this.#opening ??= this.#start();
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #start(): Promise<Opened> {
    const { dataDir: path, config = {}, onFinding, onRun, log } = this.#options;
    const opened = await openDataDir(path);
    if (opened.kind === 'in_use') {
      throw new ExporterError(
        'data_dir_unusable',
        `${path} is in use by process ${opened.owner.pid}; give each process a directory of its own`,
      );
    }
    const { dataDir } = opened;
    try {
      const pipeline = createPipeline({
        dataDir: dataDir.path,
        journal: createJournal({ dir: join(dataDir.path, 'journal') }),
        config,
        ...(onFinding === undefined ? {} : { onFinding }),
        ...(onRun === undefined ? {} : { onRun }),
        ...(log === undefined ? {} : { log }),
      });
      await pipeline.start();
      this.#opened = { dataDir, pipeline };
      return this.#opened;
    } catch (error) {
      await dataDir.close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    // The processor of the other signal may be in the middle of its last export, or just about to begin it.
    do {
      await Promise.allSettled(this.#exports);
      await nextTurn();
    } while (this.#exports.size > 0);
    this.#isClosed = true;
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.pipeline.shutdown(this.#options.shutdownMillis ?? DEFAULT_SHUTDOWN_MILLIS);
    await opened?.dataDir.close();
  }
}

function isLog(record: SdkSpan | SdkLogRecord): record is SdkLogRecord {
  return 'hrTime' in record;
}

/** The SDK tries nothing twice; so what the disk does not take now is given to it again for a while. */
async function accepted(pipeline: Pipeline, request: AcceptRequest): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await pipeline.accept(request);
    if (result.kind === 'accepted') return;
    if (result.kind === 'bad_request' || attempt === MAX_ATTEMPTS) throw new Error(result.message);
    await delay(result.retryAfterSeconds * 1000, undefined, { ref: false });
  }
}
