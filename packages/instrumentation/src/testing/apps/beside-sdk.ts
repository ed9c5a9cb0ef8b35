/**
 * An application with an OpenTelemetry SDK of its own, of line 2 or 3, started before or after us or with our class, or not
 * registered globally at all; says what of one run arrived.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import * as line3Logs from '@opentelemetry/sdk-logs';
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics';
import * as line3Metrics from '@opentelemetry/sdk-metrics';
import * as line3 from '@opentelemetry/sdk-node';
import * as line2 from '@opentelemetry/sdk-node-2';
import * as line3Trace from '@opentelemetry/sdk-trace';

import { AftertraceInstrumentation, attachments, guardTool, withAgent } from '../../index.ts';
import { boot } from '../../boot.ts';

const [line, order] = process.argv.slice(2);

interface Sdk {
  readonly start: (instrumentations: AftertraceInstrumentation[]) => void;
  readonly arrived: () => Promise<Record<string, readonly string[]>>;
}

function sdk3(): Sdk {
  const spans = new line3Trace.InMemorySpanExporter();
  const logs = new line3Logs.InMemoryLogRecordExporter();
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new line3Metrics.PeriodicExportingMetricReader({ exporter: metrics });
  return {
    start: (instrumentations) =>
      new line3.NodeSDK({
        autoDetectResources: false,
        spanProcessors: [new line3Trace.SimpleSpanProcessor({ exporter: spans })],
        logRecordProcessors: [new line3Logs.SimpleLogRecordProcessor({ exporter: logs })],
        metricReaders: [reader],
        instrumentations,
      }).start(),
    arrived: async () => {
      await reader.forceFlush();
      return {
        spans: spans.getFinishedSpans().map(({ name }) => name),
        events: logs.getFinishedLogRecords().map(({ eventName }) => eventName ?? ''),
        metrics: namesOf(metrics.getMetrics()),
      };
    },
  };
}

function sdk2(): Sdk {
  const spans = new line2.tracing.InMemorySpanExporter();
  const logs = new line2.logs.InMemoryLogRecordExporter();
  const metrics = new line2.metrics.InMemoryMetricExporter(
    line2.metrics.AggregationTemporality.CUMULATIVE,
  );
  const reader = new line2.metrics.PeriodicExportingMetricReader({ exporter: metrics });
  return {
    start: (instrumentations) =>
      new line2.NodeSDK({
        autoDetectResources: false,
        spanProcessors: [new line2.tracing.SimpleSpanProcessor(spans)],
        logRecordProcessors: [new line2.logs.SimpleLogRecordProcessor({ exporter: logs })],
        metricReaders: [reader],
        instrumentations,
      }).start(),
    arrived: async () => {
      await reader.forceFlush();
      return {
        spans: spans.getFinishedSpans().map(({ name }) => name),
        events: logs.getFinishedLogRecords().map(({ eventName }) => eventName ?? ''),
        metrics: namesOf(metrics.getMetrics()),
      };
    },
  };
}

function namesOf(
  collected: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly { readonly descriptor: { readonly name: string } }[];
    }[];
  }[],
): readonly string[] {
  const metrics = collected.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics: ofScope }) => ofScope),
  );
  return [...new Set(metrics.map(({ descriptor }) => descriptor.name))].sort();
}

const sdk = line === '2' ? sdk2() : sdk3();
if (order === 'sdk-first') sdk.start([]);
if (order === 'class') sdk.start([new AftertraceInstrumentation()]);
else boot().attach();
await import('ai');
if (order === 'sdk-last') {
  // What is asked for before an SDK is there must not stay without effect.
  await withAgent({ name: 'early' }, async () => Promise.resolve());
  sdk.start([]);
}
const refund = guardTool(async () => Promise.resolve('done'), { name: 'refund' });
await withAgent({ name: 'support' }, async () => refund(undefined));
await sleep(0);
process.stdout.write(
  JSON.stringify({
    attached: attachments().map(({ name, status }) => `${name} ${status}`),
    ...(await sdk.arrived()),
  }),
);
