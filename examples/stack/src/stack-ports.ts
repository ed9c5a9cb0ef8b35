import { freePort } from '../../../test/stack/harness/free-port.ts';

/** Where everything listens, on loopback. */
export interface StackPorts {
  readonly otlpHttp: number;
  readonly otlpGrpc: number;
  readonly companionOtlp: number;
  readonly companionConsole: number;
  readonly jaegerOtlp: number;
  readonly jaegerPages: number;
  readonly prometheus: number;
  readonly spanMetrics: number;
  readonly collectorMetrics: number;
  readonly collectorHealth: number;
}

/** As each program's own documentation has them; Jaeger's OTLP port is another, for the Collector has its. */
export const USUAL_PORTS: StackPorts = {
  otlpHttp: 4318,
  otlpGrpc: 4317,
  companionOtlp: 4319,
  companionConsole: 4320,
  jaegerOtlp: 14_318,
  jaegerPages: 16_686,
  prometheus: 9090,
  spanMetrics: 8889,
  collectorMetrics: 8888,
  collectorHealth: 13_133,
};

/** Ports that nobody uses at this moment. */
export async function freePorts(): Promise<StackPorts> {
  const names = Object.keys(USUAL_PORTS);
  const ports: [string, number][] = [];
  for (const name of names) ports.push([name, await freePort()]);
  return { ...USUAL_PORTS, ...Object.fromEntries(ports) };
}
