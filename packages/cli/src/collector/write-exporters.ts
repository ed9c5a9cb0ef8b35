import { sendsTokenInPlain, type CollectorAnswers } from './collector-answers.ts';
import { isLoopback, WHOLE_PORT } from './own-addresses.ts';
import { fromEnv, indent, section } from './yaml-text.ts';

/** Where everything goes. */
export function writeExporters(answers: CollectorAnswers): string {
  const { kind, traces, prometheus, judged, logs = 'http://127.0.0.1:3100/otlp' } = answers;
  return section('exporters', [
    companion(answers),
    kind === 'gateway' && balancer(answers),
    traces !== undefined && viewer(traces),
    prometheus !== undefined &&
      METRICS.replace('ADDRESS', fromEnv('PROMETHEUS_SCRAPE_ADDRESS', prometheus)),
    judged !== undefined &&
      `\
# Logs of what the companion judged, for example to Loki.
otlp_http/logs:
  endpoint: ${fromEnv('LOGS_OTLP_URL', logs)}`,
  ]);
}

function companion(answers: CollectorAnswers): string {
  const { kind, companion: address } = answers;
  const proofs = [token(answers), certificates(answers), compression(address)].filter(Boolean);
  const head = `\
otlp_http/companion:
  endpoint: ${fromEnv('COMPANION_OTLP_URL', address)}
${indent(proofs.join('\n'), 2)}
  keepalive:
    # The default keeps 2 idle connections for 10 consumers: a new connection for most requests.
    max_idle_conns_per_host: 16
  # The companion answers when a request is on its disk, and lets a sender have 60 s: who gives up before sends twice.
  timeout: 60s
${indent(RETRY, 2)}`;
  const limit = 'The companion takes 64 MiB.';
  return kind === 'laptop' ? head : `${head}\n${indent(queue('companion', limit), 2)}`;
}

/** Without it the companion answers 401, and no Collector sends again what was answered so; with one that has ended, 503. */
function token(answers: CollectorAnswers): string {
  if (!answers.token) return '';
  const plain = sendsTokenInPlain(answers)
    ? `\
# WARNING: without TLS whoever is between the two machines reads this token. Give the companion a certificate (its tls
# settings) and this an https address, or let nobody else onto that network.
`
    : '';
  return `\
# Of role ingest: aftertrace token create --role ingest. What is sent with one that the companion never knew is refused
# with 401 and lost. With one that has ended it waits here (503) until the Collector is started with the new one: rotate
# it with a time in which both hold, and nothing waits.
${plain}headers: { authorization: 'Bearer \${env:COMPANION_TOKEN}' }`;
}

function certificates({ caFile, certFile, keyFile }: CollectorAnswers): string {
  const lines = [
    caFile !== undefined && "# What the companion's certificate is checked against.",
    caFile !== undefined && `ca_file: ${fromEnv('COMPANION_CA_FILE', caFile)}`,
    certFile !== undefined &&
      '# What this Collector shows to the companion, read again when it was renewed.',
    certFile !== undefined && `cert_file: ${fromEnv('COMPANION_CERT_FILE', certFile)}`,
    keyFile !== undefined && `key_file: ${fromEnv('COMPANION_KEY_FILE', keyFile)}`,
    certFile !== undefined && 'reload_interval: 1m',
  ].filter((line) => line !== false);
  return lines.length === 0 ? '' : `tls:\n${indent(lines.join('\n'), 2)}`;
}

function compression(address: string): string {
  return isLoopback(address)
    ? `\
# On loopback gzip, the default, costs the Collector more than everything else; across hosts and pods use zstd.
compression: ${fromEnv('COMPANION_COMPRESSION', 'none')}`
    : `\
# A sixth of the CPU of gzip, which is the default. On loopback: none.
compression: ${fromEnv('COMPANION_COMPRESSION', 'zstd')}`;
}

const RETRY = `\
retry_on_failure:
  enabled: true
  initial_interval: 1s
  max_interval: 10s
  # The default gives up after 5 minutes and drops the data for good, from a queue on disk too.
  max_elapsed_time: 0`;

/** @param limit What the other side takes at most, which a batch must stay below. */
function queue(storage: string, limit: string): string {
  return `\
sending_queue:
  enabled: true
  # On disk: what was acknowledged to the agent survives a restart. No \`batch\` processor may stand before it.
  storage: file_storage/${storage}
  sizer: bytes
  queue_size: 4294967296
  # When these 4 GiB are full agents are made to wait, and viewers with them. Without this they are told to come again
  # (503), each time for what viewers and metrics have already, and give up before long.
  block_on_overflow: true
  num_consumers: 10
  # Put together after the disk, where it is safe.
  batch:
    sizer: bytes
    flush_timeout: 200ms
    min_size: 262144
    # ${limit}
    max_size: 8388608`;
}

function balancer({ replicas = ['otelcol-gateway'] }: CollectorAnswers): string {
  return `\
load_balancing/whole:
  # Of logs too, where the default is the service: events belong to the runs of their traces.
  routing_key: traceID
  resolver:
${indent(resolver(replicas), 4)}
  # Of the whole, to all instances: one that is gone is taken out of the ring, and what it did not get goes to another.
  # What is not said here is 0, not as elsewhere: no pause, no growth, no chance.
  retry_on_failure:
    enabled: true
    initial_interval: 1s
    multiplier: 1.5
    randomization_factor: 0.5
    max_interval: 10s
    max_elapsed_time: 0
  # Of one attempt with all instances, one after the other; by default 5 s, too short for what each may take below.
  timeout: 60s
${indent(queue('whole', 'The receiver of the others (otlp/whole) takes 64 MiB.'), 2)}
  protocol:
    otlp:
      # One queue is enough, and this one would be in memory.
      sending_queue: { enabled: false }
      # Each by itself first: when the whole comes again, instances that had their part count it again. And not for
      # long: one that went for good must be given up for the one that has its traces now.
      retry_on_failure:
        enabled: true
        initial_interval: 1s
        max_interval: 5s
        max_elapsed_time: 15s
      timeout: 10s
      compression: zstd
      # Within the cluster's network. Elsewhere: ca_file, cert_file, key_file.
      tls: { insecure: true }`;
}

function resolver(replicas: readonly string[]): string {
  const [first = ''] = replicas;
  if (replicas.length > 1 || /[:[]/.test(first))
    return `static:\n  hostnames: [${replicas.map(instance).join(', ')}]`;
  return `\
# A name that resolves to every instance, for example a headless Service.
dns:
  hostname: ${fromEnv('GATEWAY_HOSTNAME', first)}
  port: ${fromEnv('GATEWAY_PORT', String(WHOLE_PORT))}
  interval: 5s`;
}

/** The balancer's own default port is the one that agents send to: traces would go round. */
function instance(replica: string): string {
  return JSON.stringify(
    /:\d+$/.test(replica.replace(/^\[.*\]/, '')) ? replica : `${replica}:${WHOLE_PORT}`,
  );
}

function viewer(address: string): string {
  return `\
# Jaeger or Tempo. In memory and for 5 minutes at most: the record of a run is the companion's.
otlp_http/traces:
  endpoint: ${fromEnv('TRACES_OTLP_URL', address)}
  compression: ${fromEnv('TRACES_COMPRESSION', isLoopback(address) ? 'none' : 'zstd')}
  keepalive:
    max_idle_conns_per_host: 16
  # 32 MiB wait at most, whatever requests are like: by number, large ones take the memory that others need.
  sending_queue:
    sizer: bytes
    queue_size: 33554432`;
}

const METRICS = `\
# Scraped by Prometheus.
prometheus:
  endpoint: ADDRESS
  # Exemplars are told in this format only.
  enable_open_metrics: true
  # Attributes of the process as labels would make a series of each instance.
  resource_to_telemetry_conversion: { enabled: false }`;
