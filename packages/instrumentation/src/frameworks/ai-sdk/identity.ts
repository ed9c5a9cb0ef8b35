import type { AgentIdentity } from '../../spans/scope.ts';
import type { CallOptions, Message } from './types.ts';

/**
 * What a call of the AI SDK says about its agent: the name is the ToolLoopAgent's id, else `telemetry.functionId`;
 * conversation, tenant and person come from `runtimeContext.{conversationId, tenant, onBehalfOf}` where they are texts.
 */
export function identityOf(options: CallOptions): Partial<AgentIdentity> {
  const telemetry = telemetryOf(options);
  const runtimeContext = contextOf(options);
  return {
    ...named('name', text(options.id) ?? text(telemetry?.functionId)),
    ...named('conversationId', text(runtimeContext?.['conversationId'])),
    ...named('tenant', text(runtimeContext?.['tenant'])),
    ...named('onBehalfOf', text(runtimeContext?.['onBehalfOf'])),
  };
}

/** What the application gave the call besides: `runtimeContext`, before 7 `experimental_context` where it is an object. */
export function contextOf(options: CallOptions): Message | undefined {
  const { runtimeContext, experimental_context: before7 } = options;
  if (runtimeContext !== undefined) return runtimeContext;
  return typeof before7 === 'object' && before7 !== null ? (before7 as Message) : undefined;
}

/** The telemetry settings of a call, under either of their names, as the AI SDK resolves them. */
export function telemetryOf(options: CallOptions): CallOptions['telemetry'] {
  return options.telemetry === undefined ? options.experimental_telemetry : options.telemetry;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function named(key: keyof AgentIdentity, value: string | undefined): Partial<AgentIdentity> {
  return value === undefined ? {} : { [key]: value };
}
