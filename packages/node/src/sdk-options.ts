import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_TELEMETRY_DISTRO_NAME,
  ATTR_TELEMETRY_DISTRO_VERSION,
} from '@opentelemetry/semantic-conventions';

import type { Destination } from './destination.ts';
import { createLosses, type Losses } from './losses.ts';
import { createPatientExporter } from './patient-exporter.ts';
import { VERSION } from './version.ts';

/**
 * Longest an export to the companion may take, its retries included. The exporter's timers keep a process alive, so this
 * is also how long a process can outlive its work when the companion is gone.
 */
const EXPORT_TIMEOUT_MILLIS = 1_500;

/** How the SDK is started, and what is lost of what it should send. */
export interface SdkSetup {
  readonly options: Partial<NodeSDKConfiguration>;
  /** Undefined where the standard variables name the receiver: the SDK's own exporters count for themselves. */
  readonly losses: Losses | undefined;
}

/** What the SDK is started with. `writeError` gets lines for standard error, without their ends. */
export function setUpSdk(
  destination: Destination,
  instance: string,
  writeError: (line: string) => void,
): SdkSetup {
  const resource = processResource(instance);
  // Not the SDK's default set: command lines and host names are nobody's business unless asked for.
  const detectors = process.env['OTEL_NODE_RESOURCE_DETECTORS'] === undefined;
  const base = { resource, ...(detectors ? { resourceDetectors: [envDetector] } : {}) };
  if (destination.kind === 'standard') return { options: base, losses: undefined };
  const { otlp, token, tls } = destination;
  const common = {
    timeoutMillis: EXPORT_TIMEOUT_MILLIS,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(otlp.startsWith('https:') ? { httpAgentOptions: tls } : {}),
  };
  const onDropped = (): void => losses.dropped();
  const traces = createPatientExporter({
    exporter: new OTLPTraceExporter({ ...common, url: `${otlp}/v1/traces` }),
    onDropped,
  });
  const logs = createPatientExporter({
    exporter: new OTLPLogExporter({ ...common, url: `${otlp}/v1/logs` }),
    onDropped,
  });
  const losses = createLosses({
    sources: [
      { name: 'span', undelivered: () => traces.undelivered() },
      { name: 'event', undelivered: () => logs.undelivered() },
    ],
    // Without what else an address may hold.
    receiver: new URL(otlp).origin,
    write: writeError,
  });
  const options: Partial<NodeSDKConfiguration> = {
    ...base,
    spanProcessors: [new BatchSpanProcessor({ exporter: traces, scheduledDelayMillis: 1_000 })],
    logRecordProcessors: [new BatchLogRecordProcessor({ exporter: logs })],
    // The companion takes traces and logs.
    metricReaders: [],
  };
  return { options, losses };
}

function processResource(instance: string): Resource {
  const own = resourceFromAttributes({
    [ATTR_SERVICE_INSTANCE_ID]: instance,
    [ATTR_TELEMETRY_DISTRO_NAME]: '@aftertrace/node',
    [ATTR_TELEMETRY_DISTRO_VERSION]: VERSION,
  });
  return defaultResource().merge(own);
}
