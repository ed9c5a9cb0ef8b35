import type { CollectorAnswers } from './collector-answers.ts';
import { fromEnv, indent } from './yaml-text.ts';

interface Pipeline {
  readonly name: string;
  readonly why: string;
  readonly receivers: readonly string[];
  readonly processors?: readonly string[];
  readonly exporters: readonly string[];
}

/** Which parts are joined in which order. */
export function writePipelines(answers: CollectorAnswers): string {
  const pipelines = pipelinesOf(answers).map(renderPipeline);
  return `service:\n${indent(`${serviceParts(answers)}pipelines:\n${pipelines.join('\n')}`, 2)}`;
}

function serviceParts({ kind }: CollectorAnswers): string {
  if (kind === 'laptop') return '';
  const whole = kind === 'gateway' ? ', file_storage/whole' : '';
  return `\
extensions: [health_check, file_storage/companion${whole}]
telemetry:
  metrics:
    readers:
      # The Collector's own: otelcol_exporter_queue_size, otelcol_exporter_send_failed_spans and so on.
      - pull:
          exporter:
            prometheus:
              host: ${fromEnv('METRICS_HOST', '127.0.0.1')}
              port: ${fromEnv('METRICS_PORT', '8888')}
`;
}

function pipelinesOf(answers: CollectorAnswers): readonly Pipeline[] {
  const { kind, redact, prometheus, judged } = answers;
  const limit = kind === 'laptop' ? [] : ['memory_limiter'];
  const processors = [...limit, ...(redact ? ['redaction/secrets'] : [])];
  const receivers = kind === 'gateway' ? ['otlp/whole'] : ['otlp'];
  const metrics = ['span_metrics/agents', ...(judged === undefined ? [] : ['otlp/judged'])];
  return [
    ...(kind === 'gateway' ? balancing(limit) : []),
    {
      name: 'traces',
      why: 'Every span: neither sampled nor routed by what single spans carry, either would tear runs apart.',
      receivers,
      processors,
      exporters: tracesTo(answers),
    },
    {
      name: 'logs',
      why: 'Run starts and ends, failed outcomes, decisions and overrides, also of traces that are not sampled.',
      receivers,
      processors,
      exporters: ['otlp_http/companion'],
    },
    ...viewing(answers),
    ...(judged === undefined
      ? []
      : [
          {
            name: 'logs/judged',
            why: 'What the companion judged. Not to the companion again.',
            receivers: ['otlp/judged'],
            processors: limit,
            exporters: ['otlp_http/logs'],
          },
        ]),
    ...(prometheus === undefined
      ? []
      : [
          {
            name: 'metrics',
            why: 'To Prometheus.',
            receivers: metrics,
            // What the connector makes was let in before.
            processors: judged === undefined ? [] : limit,
            exporters: ['prometheus'],
          },
        ]),
  ];
}

function balancing(processors: readonly string[]): readonly Pipeline[] {
  const parts = { receivers: ['otlp'], processors, exporters: ['load_balancing/whole'] };
  return [
    { name: 'traces/balance', why: 'From agents, to where the trace belongs.', ...parts },
    { name: 'logs/balance', why: 'Events go where the spans of their run go.', ...parts },
  ];
}

function tracesTo({ traces, prometheus }: CollectorAnswers): readonly string[] {
  return [
    'otlp_http/companion',
    ...(prometheus === undefined ? [] : ['span_metrics/agents']),
    ...(traces === undefined ? [] : ['forward/viewers']),
  ];
}

/** Each hands on by itself first, so that what is refused or lost behind that is the viewers' alone. */
const TOWARDS_VIEWERS = {
  none: ['batch/viewers'],
  head: ['probabilistic_sampler/viewers', 'batch/viewers'],
  tail: ['batch/viewers', 'memory_limiter/viewers', 'tail_sampling/viewers'],
} as const;

const WHAT_VIEWERS_SHOW = {
  none: 'What viewers show. Whether they are there changes nothing for anybody else.',
  head: 'The part of it that viewers show. Whether they are there changes nothing for anybody else.',
  tail: 'The part of it that viewers show. Neither they nor what waits for a decision change anything for anybody else.',
} as const;

function viewing({ traces, sampling }: CollectorAnswers): readonly Pipeline[] {
  if (traces === undefined) return [];
  return [
    {
      name: 'traces/viewers',
      why: WHAT_VIEWERS_SHOW[sampling],
      receivers: ['forward/viewers'],
      processors: TOWARDS_VIEWERS[sampling],
      exporters: ['otlp_http/traces'],
    },
  ];
}

function renderPipeline({ name, why, receivers, processors = [], exporters }: Pipeline): string {
  const list = (parts: readonly string[]): string => `[${parts.join(', ')}]`;
  const between = processors.length === 0 ? '' : `\n    processors: ${list(processors)}`;
  return `\
  # ${why}
  ${name}:
    receivers: ${list(receivers)}${between}
    exporters: ${list(exporters)}`;
}
