import { describe, expect, test } from 'vitest';

import { writeCollectorConfig } from '../write-config.ts';
import { checkCollectorConfig } from './check-config.ts';
import { CHECK_RULES, type CheckRuleId } from './check-rules.ts';
import {
  change,
  findingsOf,
  GATEWAY,
  LAPTOP,
  PRODUCTION,
  TAIL,
  withProcessor,
} from './testing/configs.ts';

/** A change that somebody might make, and the line that is to be told. */
interface Trap {
  readonly rule: CheckRuleId;
  readonly text: string;
  /** How the line begins. */
  readonly at: string;
}

const ROUTING = `  routing/agents:
    default_pipelines: [traces/companion]
    table:
      - context: span
        condition: attributes["gen_ai.agent.name"] != nil
        pipelines: [traces/companion]
`;
const routed = change(
  change(PRODUCTION, 'connectors:\n', `connectors:\n${ROUTING}`),
  /receivers: \[otlp\](\n +processors: .*)\n +exporters: \[otlp_http\/companion, .*\]/,
  'receivers: [otlp]$1\n      exporters: [routing/agents]\n    traces/companion:\n      receivers: [routing/agents]\n      exporters: [otlp_http/companion]',
);

const TRAPS: readonly Trap[] = [
  {
    rule: 'companion-missing',
    text: change(
      change(PRODUCTION, /otlp_http\/companion/g, 'otlp_http/elsewhere'),
      'http://127.0.0.1:4319',
      'http://elsewhere:4318',
    ),
    at: '  pipelines:',
  },
  {
    rule: 'companion-without-logs',
    text: change(
      PRODUCTION,
      /logs:\n(.*\n.*\n.*)\[otlp_http\/companion\]/,
      'logs:\n$1[otlp_http/traces]',
    ),
    at: '  otlp_http/companion:',
  },
  {
    rule: 'companion-without-traces',
    text: change(PRODUCTION, '[otlp_http/companion, ', '['),
    at: '  otlp_http/companion:',
  },
  {
    rule: 'path-of-a-signal',
    text: change(PRODUCTION, '-http://127.0.0.1:4319}', '-http://127.0.0.1:4319/v1/traces}'),
    at: '    endpoint: ${env:COMPANION_OTLP_URL',
  },
  {
    rule: 'sends-to-itself',
    // By way of a connector.
    text: change(PRODUCTION, '-http://127.0.0.1:14318', '-http://localhost:4318'),
    at: '    endpoint: ${env:TRACES_OTLP_URL',
  },
  {
    rule: 'retry-off',
    text: change(
      PRODUCTION,
      'retry_on_failure:\n      enabled: true',
      'retry_on_failure:\n      enabled: false',
    ),
    at: '      enabled: false',
  },
  {
    rule: 'retry-off',
    // A balancer does not retry unless told so.
    text: change(GATEWAY, /(routing_key[^]*?retry_on_failure:\n) +enabled: true\n/, '$1'),
    at: '    retry_on_failure:',
  },
  {
    rule: 'retry-limit',
    text: change(PRODUCTION, '      max_elapsed_time: 0\n', ''),
    at: '    retry_on_failure:',
  },
  {
    rule: 'retry-limit',
    text: change(GATEWAY, /(routing_key[^]*?max_elapsed_time:) 0\n/, '$1 5m\n'),
    at: '      max_elapsed_time: 5m',
  },
  {
    rule: 'retry-without-pause',
    // A balancer has no defaults.
    text: change(GATEWAY, /(routing_key[^]*?) +initial_interval: 1s\n/, '$1'),
    at: '    retry_on_failure:',
  },
  {
    rule: 'retry-without-pause',
    text: change(PRODUCTION, 'initial_interval: 1s', 'initial_interval: 0s'),
    at: '      initial_interval: 0s',
  },
  {
    rule: 'retry-limit',
    text: change(PRODUCTION, 'max_elapsed_time: 0', 'max_elapsed_time: 24h'),
    at: '      max_elapsed_time: 24h',
  },
  {
    rule: 'queue-off',
    text: change(
      PRODUCTION,
      'sending_queue:\n      enabled: true',
      'sending_queue:\n      enabled: false',
    ),
    at: '      enabled: false',
  },
  {
    rule: 'queue-without-storage',
    text: change(
      PRODUCTION.replace('-http://127.0.0.1:4319', '-http://companion:4319'),
      '      storage: file_storage/companion\n',
      '',
    ),
    at: '    sending_queue:',
  },
  {
    rule: 'queue-drops',
    text: change(PRODUCTION, 'block_on_overflow: true', 'block_on_overflow: false'),
    at: '      block_on_overflow: false',
  },
  {
    rule: 'batch-above-limit',
    text: change(PRODUCTION, 'max_size: 8388608', 'max_size: 67108865'),
    at: '        max_size: 67108865',
  },
  {
    rule: 'batch-above-limit',
    // One split of 100,000 spans is too large however small they are.
    text: withProcessor(LAPTOP, 'batch: { send_batch_max_size: 100000 }', 'batch'),
    at: '  batch: { send_batch_max_size',
  },
  {
    rule: 'batch-without-limit',
    text: change(PRODUCTION, '        max_size: 8388608\n', ''),
    at: '      batch:',
  },
  {
    rule: 'batch-without-limit',
    text: change(PRODUCTION, /(batch:\n +sizer: )bytes([^]*?max_size: )8388608/, '$1items$28192'),
    at: '        max_size: 8192',
  },
  {
    rule: 'batch-without-limit',
    text: withProcessor(LAPTOP, 'batch:', 'batch'),
    at: '      processors: [memory_limiter, batch',
  },
  {
    rule: 'receiver-refuses-large',
    text: change(PRODUCTION, '        max_request_body_size: 67108864\n', ''),
    at: '      http:',
  },
  {
    rule: 'receiver-refuses-large',
    text: change(PRODUCTION, 'max_request_body_size: 67108864', 'max_request_body_size: 33554432'),
    at: '        max_request_body_size: 33554432',
  },
  {
    rule: 'receiver-refuses-large',
    text: change(GATEWAY, '        max_recv_msg_size_mib: 64\n', ''),
    at: '      grpc:',
  },
  {
    rule: 'receiver-refuses-large',
    // Between the Collectors of a gateway too.
    text: change(
      GATEWAY,
      /(otlp\/whole:[^]*?)max_recv_msg_size_mib: 64/,
      '$1max_recv_msg_size_mib: 16',
    ),
    at: '        max_recv_msg_size_mib: 16',
  },
  {
    rule: 'storage-not-started',
    text: change(PRODUCTION, '[health_check, file_storage/companion]', '[health_check]'),
    at: '  file_storage/companion:',
  },
  {
    rule: 'storage-without-fsync',
    text: change(PRODUCTION, '    fsync: true\n', ''),
    at: '  file_storage/companion:',
  },
  {
    rule: 'storage-without-fsync',
    text: change(GATEWAY, /(whole:[^]*?)fsync: true/, '$1fsync: false'),
    at: '    fsync: false',
  },
  {
    rule: 'batch-before-queue',
    text: withProcessor(PRODUCTION, 'batch:', 'batch'),
    at: '      processors: [memory_limiter, batch',
  },
  {
    rule: 'neighbour-refuses',
    text: change(
      PRODUCTION,
      'exporters: [otlp_http/companion, span_metrics/agents, forward/viewers]',
      'exporters: [otlp_http/companion, span_metrics/agents, otlp_http/traces, forward/viewers]',
    ),
    at: '      exporters: [otlp_http/companion, span_metrics/agents, otlp_http/traces',
  },
  {
    rule: 'neighbour-refuses',
    // A connector hands on what is behind it says.
    text: change(PRODUCTION, '      processors: [batch/viewers]\n', ''),
    at: '      exporters: [otlp_http/traces]',
  },
  {
    rule: 'sampling-before-companion',
    text: change(TAIL, 'processors: [memory_limiter', 'processors: [tail_sampling/viewers'),
    at: '      processors: [tail_sampling/viewers',
  },
  {
    rule: 'sampling-before-companion',
    // Before a connector is before the companion too.
    text: withProcessor(
      routed,
      'probabilistic_sampler: { sampling_percentage: 10 }',
      'probabilistic_sampler',
    ),
    at: '      processors: [memory_limiter, probabilistic_sampler',
  },
  { rule: 'routing-tears-traces', text: routed, at: '      - context: span' },
  {
    rule: 'filter-tears-traces',
    text: withProcessor(
      PRODUCTION,
      `filter/health: { traces: { span: ['attributes["url.path"] == "/healthz"'] } }`,
      'filter/health',
    ),
    at: '      processors: [memory_limiter, filter/health',
  },
  {
    rule: 'names-lost',
    text: withProcessor(
      PRODUCTION,
      'attributes/clean:\n    actions:\n      - { key: gen_ai.tool.name, action: delete }',
      'attributes/clean',
    ),
    at: '      - { key: gen_ai.tool.name, action: delete }',
  },
  {
    rule: 'not-judged',
    text: withProcessor(
      PRODUCTION,
      `transform/clean:\n    trace_statements:\n      - delete_key(span.attributes, "gen_ai.tool.name") where resource.attributes["env"] == "dev"`,
      'transform/clean',
    ),
    at: '      - delete_key',
  },
  {
    rule: 'sampler-takes-memory',
    text: change(TAIL, '[batch/viewers, memory_limiter/viewers, ', '[batch/viewers, '),
    at: '      processors: [batch/viewers, tail_sampling/viewers]',
  },
  {
    rule: 'sampler-takes-memory',
    // It refuses later than the other, which turns agents away.
    text: change(TAIL, 'limit_mib: 320', 'limit_mib: 900'),
    at: '      processors: [batch/viewers, memory_limiter/viewers, tail_sampling/viewers]',
  },
  {
    rule: 'sampler-takes-memory',
    // Agents are told of the refusal.
    text: change(
      TAIL,
      '[batch/viewers, memory_limiter/viewers, tail',
      '[memory_limiter/viewers, tail',
    ),
    at: '      processors: [memory_limiter/viewers, tail_sampling/viewers]',
  },
  {
    rule: 'token-in-plain',
    text: change(
      writeCollectorConfig({ kind: 'production', token: true }),
      '-http://127.0.0.1:4319',
      '-http://companion:4319',
    ),
    at: '    headers: {',
  },
  {
    rule: 'redaction-removes-all',
    text: change(PRODUCTION, '    allow_all_keys: true\n', '    allowed_keys: [service.name]\n'),
    at: '      processors: [memory_limiter, redaction/secrets',
  },
  {
    rule: 'balancing-not-by-trace',
    text: change(GATEWAY, '    routing_key: traceID\n', ''),
    at: '  load_balancing/whole:',
  },
  {
    rule: 'balancing-not-by-trace',
    text: change(GATEWAY, 'routing_key: traceID', 'routing_key: service'),
    at: '    routing_key: service',
  },
  {
    rule: 'balancing-queue-in-memory',
    text: change(GATEWAY, '        sending_queue: { enabled: false }\n', ''),
    at: '      otlp:',
  },
  {
    rule: 'balancing-repeats',
    text: change(
      GATEWAY,
      /retry_on_failure:\n +enabled: true\n( +.*\n){3}( +timeout: 10s)/,
      'retry_on_failure:\n          enabled: false\n$2',
    ),
    at: '          enabled: false',
  },
  {
    rule: 'metrics-after-sampling',
    text: change(
      change(TAIL, 'otlp_http/companion, span_metrics/agents', 'otlp_http/companion'),
      '[otlp_http/traces]',
      '[otlp_http/traces, span_metrics/agents]',
    ),
    at: '  span_metrics/agents:',
  },
  {
    rule: 'compression-gzip',
    text: change(PRODUCTION, '    compression: ${env:COMPANION_COMPRESSION:-none}\n', ''),
    at: '  otlp_http/companion:',
  },
  {
    rule: 'few-idle-connections',
    text: change(PRODUCTION, 'max_idle_conns_per_host: 16', 'max_idle_conns_per_host: 2'),
    at: '      max_idle_conns_per_host: 2',
  },
  {
    rule: 'short-timeout',
    text: change(PRODUCTION, 'timeout: 60s', 'timeout: 5s'),
    at: '    timeout: 5s',
  },
  {
    rule: 'part-not-judged',
    text: `${PRODUCTION}---\nexporters: { otlp_http/companion: { timeout: 90s } }\n`,
    at: 'exporters: { otlp_http',
  },
  {
    rule: 'old-name',
    text: change(PRODUCTION, /otlp_http\/companion/g, 'otlphttp/companion'),
    at: '  otlphttp/companion:',
  },
  {
    rule: 'include-not-followed',
    text: change(
      PRODUCTION,
      /processors:\n {2}# First[^]*?\n\n/,
      'processors: ${file:processors.yaml}\n\n',
    ),
    at: 'processors: ${file:',
  },
];

describe('a trap is told with its line', () => {
  test.each(TRAPS)('$rule at "$at"', ({ rule, text, at }) => {
    const findings = findingsOf(checkCollectorConfig(text));
    const found = findings.filter((finding) => finding.rule === rule);
    const lines = found.map(({ line }) => text.split('\n')[line - 1]);
    expect(lines).toContainEqual(expect.toSatisfy((line: string) => line.startsWith(at)));
    expect(found[0]).toMatchObject(CHECK_RULES[rule]);
  });

  test('and every rule is seen to find something', () => {
    const seen = new Set(TRAPS.map(({ rule }) => rule));
    expect([...seen].toSorted()).toEqual(Object.keys(CHECK_RULES).toSorted());
  });

  test.each(TRAPS.filter(({ rule }) => rule !== 'routing-tears-traces'))(
    'and nothing else is told beside it: $rule at "$at"',
    ({ rule, text }) => {
      const others = findingsOf(checkCollectorConfig(text)).filter(
        (finding) => finding.rule !== rule,
      );
      const because = new Map([
        ['sampling-before-companion', ['routing-tears-traces', 'metrics-after-sampling']],
        // A laptop's queue is in memory, which is a note.
        ['batch-above-limit', ['queue-without-storage']],
        ['batch-without-limit', ['queue-without-storage']],
      ]).get(rule);
      expect(others.filter((other) => !because?.includes(other.rule))).toEqual([]);
    },
  );
});
