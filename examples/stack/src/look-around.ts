import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';

import type { Stack } from './start-stack.ts';
import { TOLD } from './told.ts';

/** Spans of calls of tools that failed, by tool, as the Collector counts them. */
export const FAILED_CALLS =
  'sum by (gen_ai_tool_name) ({__name__=~".*_calls_total",gen_ai_operation_name="execute_tool",aftertrace_tool_outcome="failed"})';
const ARRIVAL_MILLIS = 60_000;

/** Looks for what went wrong in one round of the story, as a person would, and says where it is to be seen. */
export async function lookAround(stack: Stack): Promise<readonly string[]> {
  const { jaeger, prometheus, companion } = stack;
  const spans = await until(
    'the failed call in Jaeger',
    async () => {
      const found = await jaeger.query.spans({ service: 'support' });
      const failed = found.filter(
        (span) => span.attributes.get('aftertrace.tool.outcome') === 'failed',
      );
      return failed.length > 0 ? failed : undefined;
    },
    ARRIVAL_MILLIS,
  );
  const counted = await until(
    'failed calls in Prometheus',
    async () => {
      // A series begins at 0, so that Prometheus sees its first calls as an increase.
      const samples = (await prometheus.query(FAILED_CALLS)).filter(({ value }) => value > 0);
      return samples.length > 0 ? samples : undefined;
    },
    ARRIVAL_MILLIS,
  );
  const failures = await until(
    'the failure file',
    async () => {
      const { success, failure } = await readLines(companion.dataDir);
      return success.length + failure.length >= TOLD.length ? failure.length : undefined;
    },
    ARRIVAL_MILLIS,
  );
  const [first] = spans;
  return [
    `Jaeger: ${spans.length} failed calls, for example ${String(first?.attributes.get('gen_ai.tool.name'))} (${String(first?.attributes.get('aftertrace.tool.failure.class'))}): ${jaeger.url}/trace/${first?.traceId ?? ''}`,
    `Prometheus: ${counted.map(({ labels, value }) => `${labels['gen_ai_tool_name'] ?? '?'} ${value}`).join(', ')}`,
    `failure file: ${failures} runs in ${companion.dataDir}/trajectories/failure`,
  ];
}
