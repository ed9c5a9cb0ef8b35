import { z } from 'zod';

/** A span as Jaeger gives it back; attributes as plain values. */
export interface JaegerSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly service: string;
  /** As OTLP has it: `STATUS_CODE_ERROR`, or absent. */
  readonly statusCode: string | undefined;
  readonly attributes: ReadonlyMap<string, unknown>;
}

export interface TraceSearch {
  readonly service: string;
  readonly operation?: string;
  /** Default 1500. */
  readonly limit?: number;
}

/** Jaeger's query API, version 3, over HTTP. */
export interface JaegerQuery {
  readonly services: () => Promise<readonly string[]>;
  /** Spans of the traces in which the service took part within the last hour; all of a trace or none. */
  readonly spans: (search: TraceSearch) => Promise<readonly JaegerSpan[]>;
  /** Spans of one trace; none if Jaeger does not know it. */
  readonly trace: (traceId: string) => Promise<readonly JaegerSpan[]>;
}

const AnyValue = z.looseObject({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.number().optional(),
  arrayValue: z.looseObject({ values: z.array(z.looseObject({})).optional() }).optional(),
});
const KeyValues = z
  .array(z.object({ key: z.string(), value: AnyValue.optional() }))
  .default([])
  .transform((all) => new Map(all.map(({ key, value }) => [key, plain(value)])));
const Spans = z.object({
  result: z.object({
    resourceSpans: z.array(
      z.object({
        resource: z.object({ attributes: KeyValues }),
        scopeSpans: z.array(
          z.object({
            spans: z.array(
              z.object({
                traceId: z.string(),
                spanId: z.string(),
                parentSpanId: z.string().optional(),
                name: z.string(),
                attributes: KeyValues,
                status: z.object({ code: z.union([z.string(), z.number()]).optional() }).optional(),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
});
const Services = z.object({ services: z.array(z.string()).default([]) });

const HOUR_MILLIS = 3_600_000;

export function createJaegerQuery(url: string): JaegerQuery {
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`${url}/api/v3/${path}`);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`Jaeger answered ${response.status} to ${path}`);
    return response.json();
  };
  const spansOf = (answer: unknown): readonly JaegerSpan[] =>
    answer === undefined ? [] : readSpans(Spans.parse(answer));
  return {
    services: async () => Services.parse(await get('services')).services,
    spans: async ({ service, operation, limit = 1500 }) => {
      const now = Date.now();
      const search = new URLSearchParams({
        'query.service_name': service,
        ...(operation === undefined ? {} : { 'query.operation_name': operation }),
        'query.start_time_min': new Date(now - HOUR_MILLIS).toISOString(),
        'query.start_time_max': new Date(now + HOUR_MILLIS).toISOString(),
        'query.num_traces': String(limit),
      });
      return spansOf(await get(`traces?${search.toString()}`));
    },
    trace: async (traceId) => spansOf(await get(`traces/${traceId}`)),
  };
}

function readSpans({ result }: z.infer<typeof Spans>): readonly JaegerSpan[] {
  return result.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ status, parentSpanId, ...span }) => ({
        ...span,
        parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
        service: String(resource.attributes.get('service.name')),
        statusCode: status?.code === undefined ? undefined : String(status.code),
      })),
    ),
  );
}

function plain(value: z.infer<typeof AnyValue> | undefined): unknown {
  if (value === undefined) return undefined;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = value;
  if (intValue !== undefined) return Number(intValue);
  if (arrayValue !== undefined) {
    return (arrayValue.values ?? []).map((one) => plain(AnyValue.parse(one)));
  }
  return stringValue ?? boolValue ?? doubleValue;
}
