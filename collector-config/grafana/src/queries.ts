/** Series that the span metrics connector of the Collector makes, as Prometheus names them. */
export const SPAN_CALLS = 'traces_span_metrics_calls_total';
export const SPAN_DURATION = 'traces_span_metrics_duration_seconds_bucket';
/** Tool calls that the companion judged, since no guard did: never the same calls as {@link SPAN_CALLS} with an outcome. */
const JUDGED_CALLS = 'aftertrace_companion_tool_calls_total';

/** Window of a panel over time, and of one that sums up what is on the screen; Grafana puts the seconds in. */
export const RATE = '$__rate_interval';
export const RANGE = '$__range';

/** What the variables of a dashboard choose. What the companion judged has no service: it is under "All". */
const CHOSEN = 'service_name=~"$service",gen_ai_agent_name=~"$agent"';
/** Chooses series of the companion: agents, and no service. */
export const CHOSEN_AGENT = 'gen_ai_agent_name=~"$agent"';

/** A selector: metric and label matchers. */
export function series(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${matchers.join(',')}}`;
}

/**
 * How much counters grew in a window, those included that were born in it: `increase` alone does not see the first
 * count of a series, which for a tool that fails once is all there is.
 */
export function grown(selector: string, window: string): string {
  return `((${selector} unless ${selector} offset ${window}) or increase(${selector}[${window}]))`;
}

/** Tool calls that were made or refused, whoever judged them, by the given labels. */
export function toolCalls(
  by: readonly string[],
  window: string,
  ...matchers: readonly string[]
): string {
  const spans = series(SPAN_CALLS, 'aftertrace_tool_outcome!=""', CHOSEN, ...matchers);
  const judged = series(JUDGED_CALLS, CHOSEN, ...matchers);
  const both = `(${grown(spans, window)} or ${grown(judged, window)})`;
  return `sum by (${by.join(', ')}) ${both}`;
}

/** Failures that are certain or likely. */
export const FAILED = 'aftertrace_tool_outcome="failed"';
/** Calls that ran: what was refused or given up says nothing about a tool. */
export const RAN = 'aftertrace_tool_outcome!~"denied|cancelled"';

/** A part of a whole, by the same labels; 0 where the whole is there and the part is not. */
export function share(part: string, whole: string): string {
  return `(${part} or ${whole} * 0) / (${whole} > 0)`;
}

/** Spans of an operation. */
export function spans(metric: string, operation: string, ...matchers: readonly string[]): string {
  return series(metric, `gen_ai_operation_name=~"${operation}"`, CHOSEN, ...matchers);
}

/** A quantile of durations in seconds, by the given labels. */
export function quantile(of: number, buckets: string, by: readonly string[] = []): string {
  return `histogram_quantile(${of}, sum by (${['le', ...by].join(', ')}) (rate(${buckets}[${RATE}])))`;
}
