import {
  InMemoryLogRecordExporter,
  SimpleLogRecordProcessor,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

/** A real SDK that keeps what it gets. One a test file: providers are process-wide. */
export interface RecordingSdk {
  spans(): readonly ReadableSpan[];
  events(name?: string): readonly ReadableLogRecord[];
  /** The one span of this name; fails where there is none or more than one. */
  span(name: string): ReadableSpan;
  reset(): void;
}

/** Starts it; `more` processors see the spans too. */
export function startRecordingSdk(more: readonly SpanProcessor[] = []): RecordingSdk {
  const spans = new InMemorySpanExporter();
  const logs = new InMemoryLogRecordExporter();
  new NodeSDK({
    autoDetectResources: false,
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans }), ...more],
    logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: logs })],
    metricReaders: [],
  }).start();
  const events = (name?: string): readonly ReadableLogRecord[] =>
    logs
      .getFinishedLogRecords()
      .filter(({ eventName }) => name === undefined || eventName === name);
  return {
    spans: () => spans.getFinishedSpans(),
    events,
    span: (name) => {
      const found = spans.getFinishedSpans().filter((span) => span.name === name);
      const [first] = found;
      if (first === undefined || found.length > 1) throw new Error(`${found.length} × ${name}`);
      return first;
    },
    reset: () => {
      spans.reset();
      logs.reset();
    },
  };
}
