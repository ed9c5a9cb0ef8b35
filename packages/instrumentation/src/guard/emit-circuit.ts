import { Attr, EventName } from '@aftertrace/schema/names';
import type * as api from '@opentelemetry/api';

import { emitEvent, Severity } from '../spans/telemetry.ts';
import type { CircuitChange } from './fact-store.ts';
import { callAttributes, type ToolCall } from './tool-call.ts';

/** Emits `aftertrace.circuit`: the breaker of a tool opened, which companions make a finding of, or closed. */
export function emitCircuit(
  change: CircuitChange,
  call: ToolCall,
  where: { readonly context: api.Context; readonly instance: string },
): void {
  emitEvent({
    name: EventName.CIRCUIT,
    severity: change.to === 'open' ? Severity.WARN : Severity.INFO,
    context: where.context,
    attributes: {
      ...callAttributes(call, where.instance),
      [Attr.CIRCUIT_STATE]: change.to,
      [Attr.CIRCUIT_RULE]: change.rule,
      [Attr.CIRCUIT_MODE]: change.mode,
    },
  });
}
