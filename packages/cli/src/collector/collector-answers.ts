import { z } from 'zod';

/** No character that could end the value where it is written into YAML and `${env:NAME:-value}`. */
const PLAIN = /^[A-Za-z0-9._:/[\]-]+$/;

const Url = z
  .url({ protocol: /^https?$/ })
  .regex(PLAIN, 'expected an address without user, query and fragment')
  .transform((url) => url.replace(/\/+$/, ''));

const HostPort = z
  .string()
  .regex(/^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/, 'expected HOST:PORT');

/** How a Collector is run. */
export const CollectorKind = z.enum(['laptop', 'production', 'gateway']);
export type CollectorKind = z.infer<typeof CollectorKind>;

/** What a person says about the pipeline; a configuration of the Collector follows from it. */
export const CollectorAnswers = z.strictObject({
  kind: CollectorKind.default('laptop').describe(
    'laptop: one machine, in memory. production: what was taken in survives restarts and outages. gateway: production on several Collectors that share the traces by trace id.',
  ),
  companion: Url.default('http://127.0.0.1:4319').describe(
    'Where the companion takes OTLP/HTTP in (its --otlp).',
  ),
  traces: Url.optional().describe(
    'Where Jaeger or Tempo takes OTLP/HTTP in; absent: no traces there.',
  ),
  prometheus: HostPort.optional().describe(
    'Where Prometheus scrapes the Collector for metrics of tool calls; absent: there are none.',
  ),
  redact: z
    .boolean()
    .default(false)
    .describe('Mask secrets in the Collector already, for the companion and the viewers alike.'),
  sampling: z
    .enum(['none', 'head', 'tail'])
    .default('none')
    .describe('Of which traces the viewers get to know; the companion gets all of them.'),
  judged: HostPort.optional().describe(
    'Where the Collector takes in what the companion judged; absent: it stays with the companion.',
  ),
  logs: Url.default('http://127.0.0.1:3100/otlp').describe(
    'Where what the companion judged goes as logs, for example Loki. Only with `judged`.',
  ),
  replicas: z
    .array(z.string().regex(PLAIN))
    .min(1)
    .default(['otelcol-gateway'])
    .describe(
      'The gateway\'s own instances: one DNS name that resolves to all of them, or each as HOST:PORT. Only with "gateway".',
    ),
});
export type CollectorAnswers = z.infer<typeof CollectorAnswers>;
export type CollectorAnswersInput = z.input<typeof CollectorAnswers>;

/** Whether an address is of this machine, where compressing costs more than it saves. */
export function isLoopback(address: string): boolean {
  const host = /^(?:[a-z]+:\/\/)?(\[[^\]]*\]|[^:/]*)/i.exec(address)?.[1] ?? '';
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d+){3}$/.test(host);
}
