import type * as api from '@opentelemetry/api';

import type { Scope } from './scope.ts';

/** Where in which run: the same fields of every record that goes to the companion. Absent ones are undefined. */
export interface RecordPlace {
  readonly agent: string;
  readonly run: string;
  readonly conversation: string | undefined;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** Of what happens in this scope, in this span. */
export function recordPlace(
  { agent, run }: Pick<Scope, 'agent' | 'run'>,
  span: api.SpanContext | undefined,
): RecordPlace {
  return {
    agent: agent.name,
    run: run.id,
    conversation: agent.conversationId,
    traceId: span?.traceId,
    spanId: span?.spanId,
  };
}
