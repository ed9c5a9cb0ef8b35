import { DEFAULT_RATE_LIMITS } from '@aftertrace/control';
import { ExporterConfig } from '@aftertrace/exporter';
import { z } from 'zod';

import { parseAddress } from '../parse-address.ts';
import { SecretSource } from './secret.ts';

const MIB = 1024 * 1024;
const DAY = 86_400_000;

const Address = z.string().refine((text) => parseAddress(text) !== undefined, {
  message: 'expected HOST:PORT, for example 127.0.0.1:4319',
});

/** Where OTLP goes: a Collector, or a backend that takes OTLP/HTTP. */
export const OtlpTargetConfig = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .describe('Base address; /v1/logs and /v1/metrics are added.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/), SecretSource)
    .default({})
    .describe('Sent with each request. Values are never printed.'),
  compression: z.enum(['gzip', 'none']).default('gzip'),
  timeoutMillis: z.int().positive().default(10_000).describe('For one attempt.'),
  maxQueuedBytes: z
    .int()
    .positive()
    .default(8 * MIB)
    .describe('What may wait to be sent; what comes beyond it is dropped and counted.'),
});
export type OtlpTargetConfig = z.infer<typeof OtlpTargetConfig>;

const ListenConfig = z.strictObject({
  otlp: Address.default('127.0.0.1:4319').describe('Where OTLP/HTTP is taken in.'),
  otlpGrpc: Address.optional().describe('Where OTLP/gRPC is taken in; nowhere if absent.'),
  console: Address.default('127.0.0.1:4320').describe('Pages, control, health and metrics.'),
  allowedHosts: z
    .array(z.string().min(1))
    .default([])
    .describe('Further host names under which the console is addressed.'),
});

const TlsConfig = z.strictObject({
  certFile: z
    .string()
    .min(1)
    .describe('PEM file with the certificate and those between it and its root.'),
  keyFile: z.string().min(1).describe('PEM file with its private key; give it mode 0600.'),
  clientCaFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file: only senders with a certificate from this authority get in (mutual TLS).'),
  name: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Name in the certificate, told to agents and commands of this user. Default: the address.',
    ),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file that agents and commands of this user check the certificate against.'),
});
export type TlsConfig = z.infer<typeof TlsConfig>;

const RateLimitConfig = z.strictObject({
  perSecond: z.number().positive(),
  burst: z.int().positive(),
});

const AccessConfig = z.strictObject({
  otlpToken: z
    .boolean()
    .default(false)
    .describe('Take telemetry only with a token (ingest, agent or admin), over HTTP and gRPC.'),
  separateDuties: z
    .boolean()
    .default(false)
    .describe(
      'Nobody releases what they ordered, or approves what they asked; takes tokens bound to people.',
    ),
  rateLimits: z
    .strictObject({
      agent: RateLimitConfig.default(DEFAULT_RATE_LIMITS.agent).describe(
        'Requests of agent processes.',
      ),
      people: RateLimitConfig.default(DEFAULT_RATE_LIMITS.people).describe(
        'Of commands and people.',
      ),
      stop: RateLimitConfig.default(DEFAULT_RATE_LIMITS.stop).describe(
        'Orders to contain, counted apart.',
      ),
    })
    .prefault({})
    .describe('Requests that the holder of one token may make.'),
});
export type AccessConfig = z.infer<typeof AccessConfig>;

const WebhookConfig = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Told about incidents, as signed CloudEvents.'),
  secretFile: z.string().min(1).describe('File with the signing secret, whsec_<base64>.'),
  allowPrivate: z.boolean().default(false).describe('May be a loopback or private address.'),
});

const positive = (what: string): z.ZodOptional<z.ZodInt> =>
  z.int().positive().optional().describe(what);

const LimitsConfig = z.strictObject({
  maxBodyBytes: positive('Of a request, before and after decompression. Default 64 MiB.'),
  maxInFlightBytes: positive('Bodies in memory at once; above it: 503. Default 256 MiB.'),
  requestTimeoutMillis: positive('A request that is not whole by then is cut off. Default 60 s.'),
  headersTimeoutMillis: positive('The same for its headers. Default 20 s.'),
  keepAliveTimeoutMillis: positive('An idle connection is closed after this. Default 120 s.'),
});

const MetricsConfig = z.strictObject({
  withoutToken: z
    .boolean()
    .default(false)
    .describe('Let /metrics be read without the token. It holds names of agents and tools.'),
  otlp: OtlpTargetConfig.optional().describe('Where the companion sends its own metrics.'),
  intervalMillis: z.int().min(1000).default(60_000).describe('How often metrics are sent.'),
});

const EmitConfig = z.strictObject({
  otlp: OtlpTargetConfig.optional().describe(
    'Where outcomes go that the companion judged, as OTLP logs and metrics. Nowhere if absent.',
  ),
});

/** A key never stands in the configuration itself. */
const KeySource = z.union(
  [
    z.strictObject({
      file: z.string().min(1).describe('File of mode 0600 that holds it, and nothing else.'),
    }),
    z.strictObject({ env: z.string().min(1).describe('Name of the variable that holds it.') }),
  ],
  { error: 'expected { file: PATH } or { env: NAME }; a key does not stand in the configuration' },
);
export type KeySource = z.infer<typeof KeySource>;

const JournalConfig = z.strictObject({
  encryption: z
    .strictObject({
      key: KeySource.describe(
        'Seals new segments: 32 random bytes in base64 or hexadecimal digits (openssl rand -base64 32).',
      ),
      olderKeys: z
        .array(KeySource)
        .default([])
        .describe('Keys of before, for segments that are still there.'),
    })
    .optional()
    .describe('Encrypts the journal at rest. Absent: it stands in files of mode 0600 as it came.'),
});
export type JournalConfig = z.infer<typeof JournalConfig>;

const AuditConfig = z.strictObject({
  keyFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Ed25519 private key (PEM) that signs the audit log; else one is made and kept in the data directory.',
    ),
  checkpoints: z
    .strictObject({
      everyMillis: z
        .int()
        .positive()
        .default(1000)
        .describe('Entries that come together are signed together after so long.'),
      file: z
        .string()
        .min(1)
        .optional()
        .describe('A second place for checkpoints, out of reach of who can change the audit log.'),
      otlp: OtlpTargetConfig.optional().describe('Where checkpoints go as OTLP log records.'),
    })
    .prefault({})
    .describe('Signed statements of how far the audit log goes: they show that it was cut.'),
  retention: z
    .strictObject({
      maxAgeMillis: z
        .int()
        .min(DAY)
        .optional()
        .describe(
          'Entries older than this are removed, at the latest a thirtieth of it, or a day, later. Absent: never.',
        ),
      maxBytes: z
        .int()
        .min(MIB)
        .optional()
        .describe('A larger log loses its oldest entries. Absent: it may grow.'),
    })
    .prefault({})
    .describe(
      'How long entries of the audit log are kept; what still stands or waits is carried over, and a legal hold wins.',
    ),
});

/** The whole configuration of `aftertrace serve`. Every field has a default; unknown fields are errors. */
export const CompanionConfig = z.strictObject({
  data: z.string().min(1).default('.aftertrace').describe('The data directory.'),
  listen: ListenConfig.prefault({}),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe('File with the bearer token; else one is made and kept in the data directory.'),
  policyKeys: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the public keys (PEM) that a policy must be signed with one of to be published; read each time.',
    ),
  tls: TlsConfig.optional().describe('TLS on every port. Absent: none, which is for loopback.'),
  access: AccessConfig.prefault({}).describe(
    'Who may do what; tokens are made with `aftertrace token`.',
  ),
  webhooks: z.array(WebhookConfig).default([]),
  limits: LimitsConfig.prefault({}).describe('What one sender, and all together, may cost.'),
  shutdownMillis: z
    .int()
    .positive()
    .default(10_000)
    .describe('Within this time after SIGTERM everything that is complete is written and closed.'),
  journal: JournalConfig.prefault({}).describe(
    'Where requests are kept until their runs are written.',
  ),
  metrics: MetricsConfig.prefault({}),
  emit: EmitConfig.prefault({}),
  audit: AuditConfig.prefault({}),
  ...ExporterConfig.shape,
});
export type CompanionConfig = z.infer<typeof CompanionConfig>;
