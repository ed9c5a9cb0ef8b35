export interface FanOut {
  /** Where it takes OTLP/HTTP. */
  readonly port: number;
  readonly jaeger: string;
  /** Absent: the pipeline without it. */
  readonly companion?: { readonly endpoint: string; readonly compression: 'none' | 'zstd' };
}

/** A Collector that gives everything to Jaeger and, where asked, to the companion, as `collector-config/laptop.yaml` does. */
export function fanOutConfig({ port, jaeger, companion }: FanOut): object {
  const exporters = {
    'otlp_http/jaeger': { endpoint: jaeger, compression: 'none' },
    ...(companion === undefined
      ? {}
      : {
          'otlp_http/companion': {
            ...companion,
            keepalive: { max_idle_conns_per_host: 16 },
            retry_on_failure: { max_elapsed_time: 0 },
          },
        }),
  };
  const logs = { receivers: ['otlp'], exporters: ['otlp_http/companion'] };
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters,
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      pipelines: {
        traces: { receivers: ['otlp'], exporters: Object.keys(exporters) },
        ...(companion === undefined ? {} : { logs }),
      },
    },
  };
}
