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
import { createPatientExporter } from './patient-exporter.ts';
import { VERSION } from './version.ts';

/**
 * Longest an export to the companion may take, its retries included. The exporter's timers keep a process alive, so this
 * is also how long a process can outlive its work when the companion is gone.
 */
const EXPORT_TIMEOUT_MILLIS = 1_500;

/** What the SDK is started with. */
export function sdkOptions(
  destination: Destination,
  instance: string,
): Partial<NodeSDKConfiguration> {
  const resource = processResource(instance);
  // Not the SDK's default set: command lines and host names are nobody's business unless asked for.
  const detectors = process.env['OTEL_NODE_RESOURCE_DETECTORS'] === undefined;
  const base = { resource, ...(detectors ? { resourceDetectors: [envDetector] } : {}) };
  if (destination.kind === 'standard') return base;
  const { otlp, token } = destination;
  const common = {
    timeoutMillis: EXPORT_TIMEOUT_MILLIS,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  };
  const traces = new OTLPTraceExporter({ ...common, url: `${otlp}/v1/traces` });
  const logs = new OTLPLogExporter({ ...common, url: `${otlp}/v1/logs` });
  return {
    ...base,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createPatientExporter({ exporter: traces }),
        scheduledDelayMillis: 1_000,
      }),
    ],
    logRecordProcessors: [
      new BatchLogRecordProcessor({ exporter: createPatientExporter({ exporter: logs }) }),
    ],
    // The companion takes traces and logs.
    metricReaders: [],
  };
}

function processResource(instance: string): Resource {
  const own = resourceFromAttributes({
    [ATTR_SERVICE_INSTANCE_ID]: instance,
    [ATTR_TELEMETRY_DISTRO_NAME]: '@aftertrace/node',
    [ATTR_TELEMETRY_DISTRO_VERSION]: VERSION,
  });
  return defaultResource().merge(own);
}
