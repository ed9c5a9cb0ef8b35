import { isIPv6 } from 'node:net';

import { z } from 'zod';

import { AGENTS_PORTS, clashesOf, isLoopback, ownPlaceAt, WHOLE_PORT } from './own-addresses.ts';

/** No character that could end the value where it is written into YAML and `${env:NAME:-value}`. */
const PLAIN = /^[A-Za-z0-9._:/[\]-]+$/;

const Url = z
  .url({ protocol: /^https?$/ })
  .regex(PLAIN, 'expected an address without user, query and fragment')
  .refine(
    (url) => !URL.canParse(url) || new URL(url).port !== '0',
    'nothing can be reached at port 0',
  )
  .refine(
    (url) => !/\/v1\/(?:traces|logs|metrics)\/*$/.test(url),
    'expected the address without /v1/traces: the exporter adds it for each signal',
  )
  .transform((url) => url.replace(/\/+$/, ''));

/** `host`, `10.0.0.1`, `[::1]`, and each with a port. */
const ADDRESS = /^(?<host>[A-Za-z0-9._-]+|\[(?<v6>[0-9a-fA-F:.]+)\])(?::(?<port>\d{1,5}))?$/;

/** The port of an address, `none` where it has none; `undefined` where it is no address. */
function portOf(address: string): number | 'none' | undefined {
  const { v6, port } = ADDRESS.exec(address)?.groups ?? {};
  if (!ADDRESS.test(address) || (v6 !== undefined && !isIPv6(v6))) return undefined;
  if (port === undefined) return 'none';
  return Number(port) > 0 && Number(port) < 65_536 ? Number(port) : undefined;
}

const HostPort = z
  .string()
  .refine(
    (text) => typeof portOf(text) === 'number',
    'expected HOST:PORT, with a port from 1 to 65535',
  );

const Replica = z
  .string()
  .refine(
    (text) => portOf(text) !== undefined,
    'expected NAME or HOST:PORT, with a port from 1 to 65535',
  )
  .refine(
    (text) => !AGENTS_PORTS.some((port) => portOf(text) === port),
    `${AGENTS_PORTS.join(' and ')} take in what agents send, and it would go round or stay; instances take whole traces in at ${WHOLE_PORT}`,
  );

const File = z
  .string()
  .regex(/^[A-Za-z0-9._/-]+$/, 'expected a path of letters, digits and . _ / -');

/** Where people and agents reach the companion; telemetry is not taken in there. */
const CONSOLE_PORT = '4320';

/** How a Collector is run. */
export const CollectorKind = z.enum(['laptop', 'production', 'gateway']);
export type CollectorKind = z.infer<typeof CollectorKind>;

const Answers = z.strictObject({
  kind: CollectorKind.default('laptop').describe(
    'laptop: one machine, in memory. production: what was taken in survives restarts and outages. gateway: production on several Collectors that share the traces by trace id.',
  ),
  companion: Url.refine(
    (url) => !URL.canParse(url) || new URL(url).port !== CONSOLE_PORT,
    `${CONSOLE_PORT} is the companion's console; telemetry goes to 4319`,
  )
    .default('http://127.0.0.1:4319')
    .describe('Where the companion takes OTLP/HTTP in (its --otlp).'),
  token: z
    .boolean()
    .default(false)
    .describe(
      'The companion takes telemetry with a token only (access.otlpToken): one of role ingest, in COMPANION_TOKEN.',
    ),
  caFile: File.optional().describe(
    "What the companion's certificate is checked against; default: the system's.",
  ),
  certFile: File.optional().describe(
    'The certificate that the Collector shows to a companion which asks for one (its tls.clientCaFile). Only with `keyFile`.',
  ),
  keyFile: File.optional().describe('The private key of that certificate.'),
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
  logs: Url.optional().describe(
    'Where what the companion judged goes as logs, for example Loki. Only with `judged`; default http://127.0.0.1:3100/otlp.',
  ),
  replicas: z
    .array(Replica)
    .min(1)
    .optional()
    .describe(
      `The gateway's own instances: one DNS name that resolves to all of them (default otelcol-gateway), or each as HOST:PORT, where the port is ${WHOLE_PORT} unless told. Only with "gateway".`,
    ),
});

/**
 * What a person says about the pipeline; a configuration of the Collector follows from it. An answer that nothing would
 * follow from is a mistake, not ignored.
 */
export const CollectorAnswers = Answers.superRefine((answers, context) => {
  const idle = (field: keyof z.output<typeof Answers>, message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (answers.sampling !== 'none' && answers.traces === undefined)
    idle(
      'sampling',
      'says which traces viewers get: tell where they are (--traces), or leave it out',
    );
  if (answers.logs !== undefined && answers.judged === undefined)
    idle(
      'logs',
      'says where what the companion judged goes on to: tell where it comes in (--judged), or leave it out',
    );
  if (answers.replicas !== undefined && answers.kind !== 'gateway')
    idle('replicas', 'names the instances of a gateway: add --kind gateway, or leave it out');
  for (const field of ['caFile', 'certFile', 'keyFile'] as const)
    if (answers[field] !== undefined && !answers.companion.startsWith('https:'))
      idle(field, 'is for TLS: give an https address (--companion), or leave it out');
  if (answers.certFile !== undefined && answers.keyFile === undefined)
    idle('keyFile', 'the private key of --cert-file is missing');
  if (answers.keyFile !== undefined && answers.certFile === undefined)
    idle('certFile', 'the certificate of --key-file is missing');
  for (const clash of clashesOf(answers))
    idle(clash.field, `the Collector listens there already, for ${clash.with}: take another port`);
  for (const field of ['companion', 'traces', 'logs'] as const) {
    const own = answers[field] === undefined ? undefined : ownPlaceAt(answers[field], answers);
    if (own !== undefined)
      idle(field, `this Collector listens there itself, for ${own}: it would send to itself`);
  }
});
export type CollectorAnswers = z.infer<typeof CollectorAnswers>;
export type CollectorAnswersInput = z.input<typeof CollectorAnswers>;

/** Whether a token would go to another machine without TLS, for whoever is on the way to read. */
export function sendsTokenInPlain({ token, companion }: CollectorAnswers): boolean {
  return token && companion.startsWith('http:') && !isLoopback(companion);
}
