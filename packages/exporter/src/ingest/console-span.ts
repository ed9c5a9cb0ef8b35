import { isRecord, textField } from '../decode/dialects/attribute-readers.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A span in OTLP's JSON, with the resource and scope that it stands under. */
export interface ConvertedSpan {
  readonly resource: Fields;
  readonly scope: Fields;
  readonly span: Fields;
}

/** A span that could not be converted: which field, and why. */
export interface SpanProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * Whether an object is a span as OpenTelemetry's console exporters print it: the Python SDK's `span.to_json()`, dumps
 * of its fields (any-agent), or the fields of the JavaScript SDK's ConsoleSpanExporter.
 */
export function isConsoleSpan(value: unknown): value is Fields {
  if (!isRecord(value) || typeof value['name'] !== 'string') return false;
  const context = value['context'];
  if (isRecord(context) && 'trace_id' in context && 'span_id' in context) return true;
  return 'traceId' in value && 'id' in value && 'timestamp' in value;
}

/** The span in OTLP's JSON. Ids and times keep every digit. */
export function convertSpan(value: Fields): ConvertedSpan | SpanProblem {
  return 'traceId' in value ? convertJavaScriptSpan(value) : convertPythonSpan(value);
}

function convertPythonSpan(value: Fields): ConvertedSpan | SpanProblem {
  const context = isRecord(value['context']) ? value['context'] : {};
  const traceId = hexId(context['trace_id'], 32);
  if (traceId === undefined) return problem('context.trace_id', 'is no 128-bit id');
  const spanId = hexId(context['span_id'], 16);
  if (spanId === undefined) return problem('context.span_id', 'is no 64-bit id');
  const start = unixNano(value['start_time']);
  if (start === undefined)
    return problem('start_time', 'is neither nanoseconds nor an ISO 8601 time');
  const end = unixNano(value['end_time']);
  if (end === undefined)
    return problem(
      'end_time',
      'is neither nanoseconds nor an ISO 8601 time; the span may not have ended',
    );
  const parent = isRecord(value['parent']) ? value['parent']['span_id'] : value['parent_id'];
  const status = isRecord(value['status']) ? value['status'] : {};
  return {
    resource: {
      attributes: keyValues(
        isRecord(value['resource']) ? value['resource']['attributes'] : undefined,
      ),
    },
    scope: scopeOf(value['instrumentation_scope'] ?? value['scope']),
    span: {
      traceId,
      spanId,
      ...parentOf(parent),
      name: value['name'],
      kind: kindOf(value['kind']),
      startTimeUnixNano: start,
      endTimeUnixNano: end,
      attributes: keyValues(value['attributes']),
      events: listOf(value['events']).map((event) => ({
        name: textField(event, 'name') ?? '',
        timeUnixNano: unixNano(event['timestamp']) ?? start,
        attributes: keyValues(event['attributes']),
      })),
      links: listOf(value['links']).flatMap((link) =>
        linkOf(isRecord(link['context']) ? link['context'] : {}),
      ),
      status: {
        code: statusCode(status['status_code']),
        ...(typeof status['description'] === 'string' ? { message: status['description'] } : {}),
      },
    },
  };
}

const NANOS_A_MICRO = 1000n;

function convertJavaScriptSpan(value: Fields): ConvertedSpan | SpanProblem {
  const traceId = hexId(value['traceId'], 32);
  if (traceId === undefined) return problem('traceId', 'is no 128-bit id');
  const spanId = hexId(value['id'], 16);
  if (spanId === undefined) return problem('id', 'is no 64-bit id');
  const start = integerOf(value['timestamp']);
  if (start === undefined) return problem('timestamp', 'is no whole number of microseconds');
  const duration = BigInt(Math.max(0, Math.round(Number(value['duration'] ?? 0) * 1000) || 0));
  const parent = isRecord(value['parentSpanContext'])
    ? value['parentSpanContext']['spanId']
    : value['parentId'];
  const status = isRecord(value['status']) ? value['status'] : {};
  const kind = Number(value['kind'] ?? 0);
  return {
    resource: {
      attributes: keyValues(
        isRecord(value['resource']) ? value['resource']['attributes'] : undefined,
      ),
    },
    scope: scopeOf(value['instrumentationScope'] ?? value['instrumentationLibrary']),
    span: {
      traceId,
      spanId,
      ...parentOf(parent),
      name: value['name'],
      // JavaScript counts span kinds from 0 (internal), OTLP from 1.
      kind: Number.isInteger(kind) && kind >= 0 && kind <= 4 ? kind + 1 : 0,
      startTimeUnixNano: (start * NANOS_A_MICRO).toString(),
      endTimeUnixNano: (start * NANOS_A_MICRO + duration).toString(),
      attributes: keyValues(value['attributes']),
      events: listOf(value['events']).map((event) => ({
        name: textField(event, 'name') ?? '',
        timeUnixNano: hrTime(event['time']) ?? (start * NANOS_A_MICRO).toString(),
        attributes: keyValues(event['attributes']),
      })),
      links: listOf(value['links']).flatMap((link) =>
        linkOf(isRecord(link['context']) ? link['context'] : {}),
      ),
      status: {
        code: statusCode(status['code']),
        ...(typeof status['message'] === 'string' ? { message: status['message'] } : {}),
      },
    },
  };
}

function problem(path: string, message: string): SpanProblem {
  return { path, message };
}

function parentOf(id: unknown): Fields {
  const parentSpanId = hexId(id, 16);
  return parentSpanId === undefined ? {} : { parentSpanId };
}

function linkOf(context: Fields): readonly Fields[] {
  const traceId = hexId(context['trace_id'] ?? context['traceId'], 32);
  const spanId = hexId(context['span_id'] ?? context['spanId'], 16);
  return traceId === undefined || spanId === undefined ? [] : [{ traceId, spanId }];
}

function scopeOf(value: unknown): Fields {
  if (!isRecord(value)) return {};
  return { name: textField(value, 'name') ?? '', version: textField(value, 'version') ?? '' };
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** An id from a decimal number or from hexadecimal text, with or without `0x`; zero is none. */
function hexId(value: unknown, digits: number): string | undefined {
  const number = integerOf(value);
  const text = number === undefined ? hexText(value) : number.toString(16);
  if (text === undefined || text.length > digits || /^0*$/.test(text)) return undefined;
  return text.padStart(digits, '0');
}

function hexText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.toLowerCase().replace(/^0x/, '');
  return /^[0-9a-f]{1,32}$/.test(text) ? text : undefined;
}

/** A whole number that is not negative and has lost no digit. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value >= 0n ? value : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? BigInt(value)
    : undefined;
}

const ISO = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\d*(Z|[+-]\d\d:\d\d)?$/;

/** Nanoseconds as decimal text, from a number of them or from an ISO 8601 time (UTC where it does not say). */
function unixNano(value: unknown): string | undefined {
  const number = integerOf(value);
  if (number !== undefined) return number.toString();
  const match = typeof value === 'string' ? ISO.exec(value) : null;
  if (match === null) return undefined;
  const millis = Date.parse(`${(match[1] ?? '').replace(' ', 'T')}${match[3] ?? 'Z'}`);
  if (!Number.isFinite(millis) || millis < 0) return undefined;
  return (BigInt(millis) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'))).toString();
}

/** The JavaScript SDK's `[seconds, nanoseconds]`. */
function hrTime(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const [seconds, nanos] = [integerOf(value[0]), integerOf(value[1])];
  return seconds === undefined || nanos === undefined
    ? undefined
    : (seconds * 1_000_000_000n + nanos).toString();
}

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];

function kindOf(value: unknown): number {
  if (typeof value !== 'string') return 0;
  return KINDS.indexOf(value.toLowerCase().replace('spankind.', '').replace('span_kind_', '')) + 1;
}

function statusCode(value: unknown): number {
  if (value === 1 || value === 2) return value;
  const word =
    typeof value === 'string'
      ? value.toLowerCase().replace('statuscode.', '').replace('status_code_', '')
      : '';
  return word === 'error' ? 2 : word === 'ok' ? 1 : 0;
}

function keyValues(value: unknown): readonly Fields[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const converted = anyValue(item, 0);
    return converted === undefined ? [] : [{ key, value: converted }];
  });
}

const MAX_DEPTH = 60;
const INT64_MAX = 2n ** 63n - 1n;

function anyValue(value: unknown, depth: number): Fields | undefined {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: value.toString() } : { doubleValue: value };
    case 'bigint':
      return value <= INT64_MAX && value >= -INT64_MAX - 1n
        ? { intValue: value.toString() }
        : { stringValue: value.toString() };
    default:
  }
  if (value === null || value === undefined || depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    return { arrayValue: { values: value.map((item) => anyValue(item, depth + 1) ?? {}) } };
  }
  return {
    kvlistValue: {
      values: Object.entries(value).map(([key, item]) => ({
        key,
        value: anyValue(item, depth + 1) ?? {},
      })),
    },
  };
}
