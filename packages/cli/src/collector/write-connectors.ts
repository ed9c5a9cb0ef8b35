import { Attr, Core, GenAi } from '@aftertrace/schema/names';

import type { CollectorAnswers } from './collector-answers.ts';
import { section } from './yaml-text.ts';

/** What joins pipelines: metrics from spans, and one cleaned stream for several readers. */
export function writeConnectors({ prometheus, traces }: CollectorAnswers): string {
  return section('connectors', [
    prometheus !== undefined && SPAN_METRICS,
    traces !== undefined &&
      `\
# What was cleaned once goes to the viewers' pipeline too.
forward/viewers:`,
  ]);
}

const DIMENSIONS = [
  GenAi.AGENT_NAME,
  GenAi.OPERATION_NAME,
  GenAi.TOOL_NAME,
  GenAi.REQUEST_MODEL,
  Core.ERROR_TYPE,
  Attr.TOOL_OUTCOME,
  Attr.TOOL_FAILURE_CLASS,
  Attr.TOOL_FAILURE_CERTAINTY,
];

const SPAN_METRICS = `\
# Calls, failures and durations of agents, models and tools, from every span: before any sampling.
span_metrics/agents:
  dimensions:
${DIMENSIONS.map((name) => `    - { name: ${name}, default: '' }`).join('\n')}
  # Names of spans are free text.
  exclude_dimensions: [span.name, span.kind]
  histogram:
    unit: s
    explicit:
      buckets: [10ms, 50ms, 100ms, 250ms, 500ms, 1s, 2s500ms, 5s, 10s, 30s, 60s, 300s]
  # Instances of agents come and go: one series a service, not one a process.
  resource_metrics_key_attributes: [service.name]
  # Models name tools that do not exist: further series are counted together.
  aggregation_cardinality_limit: 2000
  # From a bar of the histogram to a trace.
  exemplars: { enabled: true, max_per_data_point: 1 }
  metrics_flush_interval: 15s`;
