import { Attr, GenAi, Operation } from '@aftertrace/schema/names';
import * as api from '@opentelemetry/api';

/** What OpenTelemetry's SDKs call a sampler, as far as it is used here. */
export interface RunSampler {
  // The shape is OpenTelemetry's.
  // oxlint-disable-next-line max-params
  shouldSample(
    context: api.Context,
    traceId: string,
    spanName: string,
    spanKind: api.SpanKind,
    attributes: api.Attributes,
    links: api.Link[],
  ): api.SamplingResult;
  toString(): string;
}

/** Options of {@link createAgentRunSampler}. */
export interface AgentRunSamplerOptions {
  /** Asked for everything that is no agent's. Default: as the parent was sampled, and yes where there is none. */
  readonly otherwise?: RunSampler;
}

const { RECORD_AND_SAMPLED: KEPT, NOT_RECORD: DROPPED } = api.SamplingDecision;

/**
 * Head sampling that keeps every agent run whole, whatever the parent said: a run is rare, costly and what incidents are
 * about, and a request that was sampled out may be the one whose agent failed. What is below a run's span is sampled as it.
 * For `new NodeSDK({ sampler })`.
 */
export function createAgentRunSampler(options: AgentRunSamplerOptions = {}): RunSampler {
  const { otherwise = AS_PARENT } = options;
  return {
    // oxlint-disable-next-line max-params -- the shape is OpenTelemetry's
    shouldSample: (context, traceId, spanName, spanKind, attributes, links) =>
      isOfRun(attributes)
        ? { decision: KEPT }
        : otherwise.shouldSample(context, traceId, spanName, spanKind, attributes, links),
    toString: () => `AgentRunSampler{otherwise=${otherwise.toString()}}`,
  };
}

/** Spans of ours say of which run they are when they open; others say at least that they are an agent's. */
function isOfRun(attributes: api.Attributes): boolean {
  return (
    attributes[Attr.RUN_ID] !== undefined ||
    attributes[GenAi.OPERATION_NAME] === Operation.INVOKE_AGENT
  );
}

const AS_PARENT: RunSampler = Object.freeze({
  shouldSample: (context: api.Context): api.SamplingResult => {
    const parent = api.trace.getSpanContext(context);
    if (parent === undefined || !api.isSpanContextValid(parent)) return { decision: KEPT };
    const isSampled = (parent.traceFlags & api.TraceFlags.SAMPLED) !== 0;
    return { decision: isSampled ? KEPT : DROPPED };
  },
  toString: () => 'AsParent',
});
