import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An attribute value as OTLP JSON writes it, in plain JavaScript. */
export type PlainValue = unknown;

/** A span as the tests look at it. */
export interface ReceivedSpan {
  readonly name: string;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly kind: number;
  readonly status: number;
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly attributes: Readonly<Record<string, PlainValue>>;
  readonly events: readonly string[];
}

/** A log record as the tests look at it. */
export interface ReceivedEvent {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, PlainValue>>;
}

/** A receiver that speaks OTLP/HTTP with JSON and keeps what it got. */
export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly events: readonly ReceivedEvent[];
  readonly resources: readonly Readonly<Record<string, PlainValue>>[];
  /** Authorization headers that came. */
  readonly authorizations: readonly (string | undefined)[];
  /** Resolves when the condition holds; it is looked at after each request. */
  readonly until: (condition: () => boolean) => Promise<void>;
  close(): Promise<void>;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}
type OtlpValue = Readonly<Record<string, unknown>>;

/** Starts it on a free port of the loopback address. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const events: ReceivedEvent[] = [];
  const resources: Record<string, PlainValue>[] = [];
  const authorizations: (string | undefined)[] = [];
  const checks = new Set<() => void>();
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readJson(request);
    authorizations.push(request.headers.authorization);
    if (request.url === '/v1/traces') readSpans(body, spans, resources);
    if (request.url === '/v1/logs') readEvents(body, events);
    response.setHeader('content-type', 'application/json').end('{}');
    for (const check of checks) check();
  };
  const server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    events,
    resources,
    authorizations,
    until: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!condition()) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
}

function list(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

function readSpans(
  body: Record<string, unknown>,
  spans: ReceivedSpan[],
  resources: Record<string, PlainValue>[],
): void {
  for (const resourceSpans of list(body['resourceSpans'])) {
    const resource = resourceSpans['resource'] as { attributes?: OtlpAttribute[] };
    resources.push(plain(resource.attributes ?? []));
    for (const scopeSpans of list(resourceSpans['scopeSpans'])) {
      const scope = (scopeSpans['scope'] as { name: string }).name;
      for (const span of list(scopeSpans['spans'])) spans.push(readSpan(span, scope));
    }
  }
}

function readSpan(span: Record<string, unknown>, scope: string): ReceivedSpan {
  const parent = span['parentSpanId'] as string | undefined;
  return {
    name: span['name'] as string,
    scope,
    traceId: span['traceId'] as string,
    spanId: span['spanId'] as string,
    parentSpanId: parent === undefined || parent === '' ? undefined : parent,
    kind: span['kind'] as number,
    status: (span['status'] as { code?: number } | undefined)?.code ?? 0,
    startNano: BigInt(span['startTimeUnixNano'] as string),
    endNano: BigInt(span['endTimeUnixNano'] as string),
    attributes: plain(span['attributes'] as OtlpAttribute[]),
    events: list(span['events']).map((event) => event['name'] as string),
  };
}

function readEvents(body: Record<string, unknown>, events: ReceivedEvent[]): void {
  for (const resourceLogs of list(body['resourceLogs'])) {
    for (const scopeLogs of list(resourceLogs['scopeLogs'])) {
      for (const record of list(scopeLogs['logRecords'])) {
        events.push({
          name: record['eventName'] as string,
          traceId: (record['traceId'] ?? '') as string,
          spanId: (record['spanId'] ?? '') as string,
          attributes: plain(record['attributes'] as OtlpAttribute[]),
        });
      }
    }
  }
}

function plain(attributes: readonly OtlpAttribute[]): Record<string, PlainValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: OtlpValue): PlainValue {
  if ('stringValue' in value) return value['stringValue'];
  if ('boolValue' in value) return value['boolValue'];
  if ('intValue' in value) return Number(value['intValue']);
  if ('doubleValue' in value) return value['doubleValue'];
  if ('arrayValue' in value) {
    return list((value['arrayValue'] as { values?: unknown }).values).map((entry) =>
      plainValue(entry),
    );
  }
  if ('kvlistValue' in value) {
    return plain((value['kvlistValue'] as { values: OtlpAttribute[] }).values);
  }
  return undefined;
}
