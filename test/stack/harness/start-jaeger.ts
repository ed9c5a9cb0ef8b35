import { writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';

import { freePort } from './free-port.ts';
import { createJaegerQuery, type JaegerQuery } from './jaeger-query.ts';
import { startProgram, type RunningProgram } from './start-program.ts';

/** Jaeger with its traces in memory. */
export interface Jaeger extends RunningProgram {
  /** Where it takes OTLP/HTTP. */
  readonly otlpHttp: string;
  /** Where it takes OTLP/gRPC, as `host:port`. */
  readonly otlpGrpc: string;
  /** Its pages and its API. */
  readonly url: string;
  readonly query: JaegerQuery;
}

export async function startJaeger(start: {
  readonly program: string;
  /** Working directory and place of its log. */
  readonly dir: string;
  /** Of its OTLP/HTTP receiver and its pages; default: any that are free. */
  readonly ports?: { readonly http: number; readonly ui: number };
}): Promise<Jaeger> {
  const { http, ui } = start.ports ?? { http: await freePort(), ui: await freePort() };
  const [grpc, uiGrpc] = [await freePort(), await freePort()];
  const file = path.join(start.dir, 'jaeger.json');
  await mkdir(start.dir, { recursive: true });
  await writeFile(file, JSON.stringify(jaegerConfig({ http, grpc, ui, uiGrpc }), undefined, 2));
  const url = `http://127.0.0.1:${ui}`;
  const query = createJaegerQuery(url);
  const running = await startProgram({
    name: 'jaeger',
    command: [start.program, '--config', file],
    dir: start.dir,
    ports: [http, ui],
    isReady: () =>
      query.services().then(
        () => true,
        () => false,
      ),
  });
  const otlpHttp = `http://127.0.0.1:${http}`;
  return { ...running, otlpHttp, otlpGrpc: `127.0.0.1:${grpc}`, url, query };
}

interface JaegerPorts {
  readonly http: number;
  readonly grpc: number;
  readonly ui: number;
  readonly uiGrpc: number;
}

/** YAML takes JSON as it is. */
function jaegerConfig({ http, grpc, ui, uiGrpc }: JaegerPorts): object {
  const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: 100_000 } } } },
      jaeger_query: { storage: { traces: 'memory' }, http: at(ui), grpc: at(uiGrpc) },
    },
    receivers: { otlp: { protocols: { http: at(http), grpc: at(grpc) } } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
}
