import { logSpanId, logTraceId } from './ids.ts';
import {
  asObject,
  eachItem,
  enumField,
  idField,
  nanosField,
  stringField,
  type JsonObject,
} from './json-fields.ts';
import { anyValueField, attributesField, resourceField, scopeField } from './json-value.ts';
import { createRejections, type Rejections } from './rejections.ts';
import type { DecodedLogs, TelemetryLog } from './telemetry.ts';

const NO_NAMES: ReadonlyMap<string, number> = new Map();

/** Decodes one parsed OTLP/JSON logs request (from `parseExactJson`). Throws `MalformedInput` with the path. */
export function logsFromParsedJson(request: unknown): DecodedLogs {
  const rejections = createRejections();
  const logs: TelemetryLog[] = [];
  eachItem(asObject(request), 'resourceLogs', (resourceItem) => {
    const resourceLogs = asObject(resourceItem);
    const resource = resourceField(resourceLogs, rejections);
    eachItem(resourceLogs, 'scopeLogs', (scopeItem) => {
      const scopeLogs = asObject(scopeItem);
      const scope = scopeField(scopeLogs);
      eachItem(scopeLogs, 'logRecords', (item) => {
        logs.push({ ...readLog(asObject(item), rejections), resource, scope });
      });
    });
  });
  return { logs, rejected: rejections.result() };
}

function readLog(
  log: JsonObject,
  rejections: Rejections,
): Omit<TelemetryLog, 'resource' | 'scope'> {
  return {
    traceId: logTraceId(idField(log, 'traceId')),
    spanId: logSpanId(idField(log, 'spanId')),
    eventName: stringField(log, 'eventName'),
    timeUnixNano: nanosField(log, 'timeUnixNano'),
    observedTimeUnixNano: nanosField(log, 'observedTimeUnixNano'),
    severityNumber: enumField(log, 'severityNumber', NO_NAMES),
    body: anyValueField(log, 'body', rejections),
    attributes: attributesField(log, rejections),
  };
}
