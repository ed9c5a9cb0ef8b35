import type { PolicyDecision } from '@aftertrace/policy';
import type { Decision } from '@aftertrace/schema';
import type * as api from '@opentelemetry/api';

import { decisionRecord, emitDecision } from './decision-record.ts';
import type { GuardOptions } from './guard.ts';
import type { ToolCall } from './tool-call.ts';

/** A decision that is to be recorded. */
export interface RecordedWhat {
  readonly decision: PolicyDecision;
  readonly call: ToolCall;
  /** What the call is or would be made with. */
  readonly arguments: unknown;
  /** `false`: evaluated and not executed; absent while it waits. */
  readonly executed?: boolean;
  readonly context: api.Context;
  readonly span: api.SpanContext | undefined;
}

/** Makes the record, emits its event and hands it to the companion as evidence. */
export function recordDecision(options: GuardOptions, what: RecordedWhat): Decision {
  const { call, context } = what;
  const record = decisionRecord(what.decision, {
    id: `dec_${options.randomId()}`,
    atMillis: options.now(),
    call,
    arguments: what.arguments,
    executed: what.executed,
    span: what.span,
  });
  emitDecision(record, call, { context, instance: options.instance });
  options.link.prove({ type: 'decision', data: record });
  return record;
}
