import { Attr } from '@aftertrace/schema/names';

import type { CollectorAnswers } from './collector-answers.ts';
import { section } from './yaml-text.ts';

/** What is done on the way: refused before memory runs out, masked, and thinned out for viewers. */
export function writeProcessors({ kind, redact, sampling, traces }: CollectorAnswers): string {
  return section('processors', [
    kind !== 'laptop' && MEMORY_LIMITER,
    redact && REDACTION,
    sampling === 'tail' && `${LIMIT_OF_SAMPLING}\n${TAIL_SAMPLING}`,
    sampling === 'head' && HEAD_SAMPLING,
    traces !== undefined && DETACH_VIEWERS,
  ]);
}

const MEMORY_LIMITER = `\
# First in each pipeline that takes something in: senders are told to come again before memory runs out.
memory_limiter:
  check_interval: 1s
  limit_mib: 1024
  spike_limit_mib: 256`;

/** The patterns match within a JSON string and never across a quote, so that masked JSON is still JSON. */
const REDACTION = `\
# Masks secrets for the companion and the viewers alike; the companion removes more, with counts, by its own rules.
# Span names and status messages are not looked at.
redaction/secrets:
  # Without this everything is removed that is not listed, names of tools and outcomes too.
  allow_all_keys: true
  # Messages that come as structures, not as JSON texts, are looked at too (and become JSON texts where one is masked).
  redact_all_types: true
  # None of these may match a quote: masked JSON must stay JSON, or the messages of a run cannot be read.
  blocked_values:
    - sk-[A-Za-z0-9_-]{20,}
    - gh[pousr]_[A-Za-z0-9]{36,}
    - xox[abeoprs]-[A-Za-z0-9-]{10,}
    - (?:AKIA|ASIA)[A-Z0-9]{16}
    - eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+
  summary: silent`;

const keep = (name: string, key: string, values: string): string => `\
    - name: ${name}
      type: string_attribute
      string_attribute:
        key: ${key}
        values: [${values}]`;

/** Below half of the other limit, since a heap may double before Go cleans it up. */
const LIMIT_OF_SAMPLING = `\
# What waits for its decision is in memory, that of the whole Collector: with all spans of 15 minutes there, agents would
# be turned away with what is for the companion too. Viewers give way first: when the Collector has come to a third of
# the memory at which memory_limiter refuses, nothing more is taken in here until the sampler has let go of some. What
# viewers miss meanwhile is counted (otelcol_processor_memory_limiter_refused_spans); nobody else misses it.
memory_limiter/viewers:
  check_interval: 200ms
  limit_mib: 320
  spike_limit_mib: 64
  # Garbage is no reason to refuse.
  min_gc_interval_when_soft_limited: 1s`;

const TAIL_SAMPLING = `\
# For viewers only, and never before the companion: it would get torn runs. All spans of a trace must come to one
# Collector; with several of them this belongs behind a load balancer by trace id (gateway).
tail_sampling/viewers:
  # Agents run for minutes, and the spans of their tools end long before the root does: a decision after the default of
  # 30 s is made without the failure that comes in minute two. With the root the wait is over.
  decision_wait: 15m
  decision_wait_after_root_received: 10s
  # With more at once the oldest go undecided; nobody waits for room.
  num_traces: 50000
  block_on_overflow: false
  # Spans that come after the decision follow it.
  decision_cache: { sampled_cache_size: 200000, non_sampled_cache_size: 200000 }
  policies:
    # Whatever says that a call failed, that something was decided or overridden, that a run did not end well.
${keep('tool-outcomes', Attr.TOOL_OUTCOME, 'failed, empty, denied, cancelled, unknown')}
${keep('run-outcomes', Attr.RUN_OUTCOME, 'failure, terminated, incomplete, unknown')}
${keep('decisions', Attr.DECISION_VERDICT, 'flag, block, redact, transform, escalate, quarantine')}
${keep('overrides', Attr.OVERRIDE_KIND, 'approval, override')}
${keep('loops', Attr.LOOP_KIND, "'.+'")}
        enabled_regex_matching: true
    # Agents without our instrumentation.
    - name: errors
      type: status_code
      status_code: { status_codes: [ERROR] }
    # And one in ten of the rest.
    - name: rest
      type: probabilistic
      probabilistic: { sampling_percentage: 10 }`;

const DETACH_VIEWERS = `\
# A full queue is an error for whoever sent, though the companion has it: with a viewer that is away, agents would be
# told to come again for everything. Behind this, which hands each request on by itself, only the viewer goes without.
batch/viewers:
  timeout: 0s`;

const HEAD_SAMPLING = `\
# One in ten traces for viewers, by trace id, decided without looking at them: needs no memory and any number of
# Collectors, but of ten failed runs a viewer shows one. Metrics are made and the companion is told before this.
#
# The same in the agents (OTEL_TRACES_SAMPLER=parentbased_traceidratio, OTEL_TRACES_SAMPLER_ARG=0.1) saves the sending
# too. With @aftertrace/instrumentation nothing is hidden by it: run starts and ends, failures, decisions and overrides
# are events, which the logs pipeline carries whether a trace is sampled or not. Of the other runs the companion then
# has no steps.
probabilistic_sampler/viewers:
  mode: proportional
  sampling_percentage: 10`;
