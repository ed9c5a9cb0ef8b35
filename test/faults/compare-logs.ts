import type { TelemetryLog } from '../../packages/exporter/src/decode/telemetry.ts';
import { decodeOtlp } from '../../packages/exporter/src/decode/testing/otlp-descriptor.ts';
import {
  hex,
  plainAttributes,
  plainExpected,
  plainFound,
  plainMap,
  type AnyValue,
  type Attribute,
  type Scope,
} from './plain-values.ts';

interface Request {
  readonly resourceLogs?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeLogs?: readonly {
      readonly scope?: Scope;
      readonly logRecords?: readonly LogRecord[];
    }[];
  }[];
}
interface LogRecord {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly eventName?: string;
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
  readonly severityNumber?: number;
  readonly body?: AnyValue;
  readonly attributes?: readonly Attribute[];
}

/** The records of a request as protobufjs reads them, in plain data. */
export function expectedLogs(body: Uint8Array): unknown[] {
  const request = decodeOtlp('LogsRequest', body) as Request;
  return (request.resourceLogs ?? []).flatMap(({ resource, scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope, logRecords = [] }) =>
      logRecords.map((log) => ({
        traceId: log.traceId === undefined ? undefined : hex(log.traceId),
        spanId: log.spanId === undefined ? undefined : hex(log.spanId),
        eventName: log.eventName ?? '',
        times: [log.timeUnixNano ?? '0', log.observedTimeUnixNano ?? '0'],
        severity: log.severityNumber ?? 0,
        body: plainExpected(log.body),
        attributes: plainAttributes(log.attributes),
        resource: plainAttributes(resource?.attributes),
        scope: [scope?.name ?? '', scope?.version ?? ''],
      })),
    ),
  );
}

/** The same of records that ours read. */
export function plainLogs(logs: readonly TelemetryLog[]): unknown[] {
  return logs.map((log) => ({
    traceId: log.traceId,
    spanId: log.spanId,
    eventName: log.eventName,
    times: [log.timeUnixNano, log.observedTimeUnixNano],
    severity: log.severityNumber,
    body: plainFound(log.body),
    attributes: plainMap(log.attributes),
    resource: plainMap(log.resource.attributes),
    scope: [log.scope.name, log.scope.version],
  }));
}
