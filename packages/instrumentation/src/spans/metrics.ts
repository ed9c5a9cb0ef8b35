import { Core, GenAi, MetricName, Operation, SCOPE_NAME } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

import { VERSION } from '../version.ts';
import { meterProvider } from './providers.ts';
import type { InvocationCounts } from './scope.ts';
import { withoutUndefined } from './telemetry.ts';

/** Buckets that the conventions advise: seconds of tools and model calls, seconds of agents, calls of an agent, tokens. */
const CALL_SECONDS = doubling(0.01, 14);
const AGENT_SECONDS = doubling(0.1, 13);
const CALLS = doubling(1, 8);
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);

interface Instruments {
  readonly tool: api.Histogram;
  readonly agent: api.Histogram;
  readonly inferenceCalls: api.Histogram;
  readonly toolCalls: api.Histogram;
  readonly model: api.Histogram;
  readonly tokens: api.Histogram;
}

/** Of the provider that was there when they were asked for: those of before an SDK stay without effect for ever. */
let known: { readonly provider: unknown; readonly instruments: Instruments } | undefined;

/** A call of a tool that was made; those that were refused, or that nobody made, are not counted. */
export interface ToolCallMeasured {
  readonly tool: string;
  readonly agent: string;
  /** By `performance.now()`. */
  readonly startedAtMillis: number;
  /** Set where it failed for certain: the rate of failures is that of this attribute. */
  readonly errorType: string | undefined;
}

/** `gen_ai.execute_tool.duration`. */
export function measureToolCall(call: ToolCallMeasured): void {
  record(({ tool }) => {
    const attributes: api.Attributes = {
      [GenAi.TOOL_NAME]: call.tool,
      [GenAi.TOOL_TYPE]: 'function',
      [GenAi.AGENT_NAME]: call.agent,
    };
    if (call.errorType !== undefined) attributes[Core.ERROR_TYPE] = call.errorType;
    tool.record(secondsSince(call.startedAtMillis), attributes);
  });
}

/** An invocation of an agent. */
export interface AgentMeasured {
  readonly agent: string;
  readonly model: unknown;
  /** By `performance.now()`. */
  readonly startedAtMillis: number;
  readonly errorType: string | undefined;
  readonly counts: Readonly<InvocationCounts>;
}

/** `gen_ai.invoke_agent.duration`, `.inference_calls` and `.tool_calls`. */
export function measureAgent(measured: AgentMeasured): void {
  record(({ agent, inferenceCalls, toolCalls }) => {
    const name = { [GenAi.AGENT_NAME]: measured.agent };
    agent.record(
      secondsSince(measured.startedAtMillis),
      withoutUndefined({
        ...name,
        [GenAi.REQUEST_MODEL]: measured.model,
        [Core.ERROR_TYPE]: measured.errorType,
      }),
    );
    inferenceCalls.record(measured.counts.inferenceCalls, name);
    toolCalls.record(measured.counts.toolCalls, name);
  });
}

/** A call of a model. */
export interface ModelCallMeasured {
  readonly provider: string | undefined;
  readonly model: string;
  readonly responseModel?: string | undefined;
  /** By `performance.now()`. */
  readonly startedAtMillis: number;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** Of the server that was called. */
  readonly server?: Readonly<Record<string, unknown>> | undefined;
  readonly errorType?: string | undefined;
}

/** `gen_ai.client.operation.duration`, and `gen_ai.client.token.usage` where the provider counted. */
export function measureModelCall(call: ModelCallMeasured): void {
  record((to) => recordModelCall(to, call));
}

function recordModelCall({ model, tokens }: Instruments, call: ModelCallMeasured): void {
  const attributes = withoutUndefined({
    [GenAi.OPERATION_NAME]: Operation.CHAT,
    [GenAi.PROVIDER_NAME]: call.provider,
    [GenAi.REQUEST_MODEL]: call.model,
    [GenAi.RESPONSE_MODEL]: call.responseModel,
    ...call.server,
  }) as api.Attributes;
  const failed = call.errorType === undefined ? {} : { [Core.ERROR_TYPE]: call.errorType };
  model.record(secondsSince(call.startedAtMillis), { ...attributes, ...failed });
  const counted = [
    ['input', call.inputTokens],
    ['output', call.outputTokens],
  ] as const;
  for (const [type, count] of counted) {
    if (count !== undefined) tokens.record(count, { ...attributes, [GenAi.TOKEN_TYPE]: type });
  }
}

/** The histogram of a process without a metrics SDK: nothing is made for it. */
const NOBODY = api.createNoopMeter().createHistogram('');

/** Does anybody take measurements? For whoever would have to look something up for them. Never throws. */
export function isMeasured(): boolean {
  let measured = false;
  record(() => {
    measured = true;
  });
  return measured;
}

/** A metrics pipeline that throws must not reach the agent's call. */
function record(action: (to: Instruments) => void): void {
  try {
    const to = instruments();
    if (to.tool !== NOBODY) action(to);
  } catch (error) {
    api.diag.debug('aftertrace: a measurement was not taken', error);
  }
}

function instruments(): Instruments {
  const provider = meterProvider();
  if (known?.provider === provider) return known.instruments;
  const meter = provider.getMeter(SCOPE_NAME, VERSION);
  const seconds = (name: string, boundaries: number[], description: string): api.Histogram =>
    meter.createHistogram(name, {
      unit: 's',
      description,
      advice: { explicitBucketBoundaries: boundaries },
    });
  const created: Instruments = {
    tool: seconds(MetricName.EXECUTE_TOOL_DURATION, CALL_SECONDS, 'Tool calls that were made.'),
    agent: seconds(MetricName.INVOKE_AGENT_DURATION, AGENT_SECONDS, 'Invocations of agents.'),
    inferenceCalls: meter.createHistogram(MetricName.INVOKE_AGENT_INFERENCE_CALLS, {
      unit: '{inference_call}',
      description: 'Calls of models that invocations of agents made.',
      advice: { explicitBucketBoundaries: CALLS },
    }),
    toolCalls: meter.createHistogram(MetricName.INVOKE_AGENT_TOOL_CALLS, {
      unit: '{tool_call}',
      description: 'Tool calls that invocations of agents made.',
      advice: { explicitBucketBoundaries: CALLS },
    }),
    model: seconds(MetricName.CLIENT_OPERATION_DURATION, CALL_SECONDS, 'Calls of models.'),
    tokens: meter.createHistogram(MetricName.CLIENT_TOKEN_USAGE, {
      unit: '{token}',
      description: 'Tokens that calls of models used.',
      advice: { explicitBucketBoundaries: TOKENS },
    }),
  };
  known = { provider, instruments: created };
  return created;
}

function doubling(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, power) => Number((first * 2 ** power).toFixed(2)));
}

function secondsSince(startedAtMillis: number): number {
  return (performance.now() - startedAtMillis) / 1000;
}
