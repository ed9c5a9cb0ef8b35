import { logSpanId, logTraceId } from './ids.ts';
import { readResourceEnvelope, readScopeEnvelope } from './protobuf-common.ts';
import { readAnyValue, readAttribute, type ProtobufInput } from './protobuf-value.ts';
import { createRejections } from './rejections.ts';
import type {
  DecodedLogs,
  TelemetryLog,
  TelemetryResource,
  TelemetryScope,
  TelemetryValue,
} from './telemetry.ts';
import { WireReader } from './wire-reader.ts';

/** Decodes an `ExportLogsServiceRequest`. Throws `MalformedInput`. */
export function logsFromProtobuf(body: Uint8Array): DecodedLogs {
  const input: ProtobufInput = { reader: new WireReader(body), rejections: createRejections() };
  const { reader } = input;
  const logs: TelemetryLog[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) readResourceLogs(input, logs);
    else reader.skip(tag);
  }
  return { logs, rejected: input.rejections.result() };
}

function readResourceLogs(input: ProtobufInput, logs: TelemetryLog[]): void {
  const { reader } = input;
  const outer = reader.enter();
  const { resource, scopes } = readResourceEnvelope(input);
  for (const position of scopes) {
    const afterScope = reader.revisit(position);
    const { scope, items } = readScopeEnvelope(input);
    for (const item of items) {
      const afterLog = reader.revisit(item);
      logs.push(readLog(input, resource, scope));
      reader.leave(afterLog);
    }
    reader.leave(afterScope);
  }
  reader.leave(outer);
}

/** A log record in the making. */
interface LogDraft {
  traceId: string;
  spanId: string;
  eventName: string;
  timeUnixNano: string;
  observedTimeUnixNano: string;
  severityNumber: number;
  body: TelemetryValue;
  readonly attributes: Map<string, TelemetryValue>;
}

function readLog(
  input: ProtobufInput,
  resource: TelemetryResource,
  scope: TelemetryScope,
): TelemetryLog {
  const { reader } = input;
  const draft: LogDraft = {
    traceId: '',
    spanId: '',
    eventName: '',
    timeUnixNano: '0',
    observedTimeUnixNano: '0',
    severityNumber: 0,
    body: null,
    attributes: new Map(),
  };
  while (reader.more()) readLogField(input, reader.tag(), draft);
  return {
    ...draft,
    traceId: logTraceId(draft.traceId),
    spanId: logSpanId(draft.spanId),
    resource,
    scope,
  };
}

function readLogField(input: ProtobufInput, tag: number, draft: LogDraft): void {
  const { reader } = input;
  switch (tag) {
    case 0x09:
      draft.timeUnixNano = reader.fixed64Text();
      break;
    case 0x10:
      draft.severityNumber = reader.int32();
      break;
    case 0x2a:
      draft.body = readAnyValue(input);
      break;
    case 0x32:
      readAttribute(input, draft.attributes);
      break;
    case 0x4a:
      draft.traceId = reader.hex();
      break;
    case 0x52:
      draft.spanId = reader.hex();
      break;
    case 0x59:
      draft.observedTimeUnixNano = reader.fixed64Text();
      break;
    case 0x62:
      draft.eventName = reader.string();
      break;
    default:
      reader.skip(tag);
  }
}
