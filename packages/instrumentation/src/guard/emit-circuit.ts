import { Attr, EventName, GenAi } from '@aftertrace/schema/names';
import type * as api from '@opentelemetry/api';

import { scopeAttributes } from '../spans/identity-attributes.ts';
import { emitEvent, Severity } from '../spans/telemetry.ts';
import type { CircuitChange } from './fact-store.ts';
import type { ToolCall } from './tool-call.ts';

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
      ...scopeAttributes(call.scope, where.instance),
      [GenAi.TOOL_NAME]: call.tool,
      [GenAi.TOOL_CALL_ID]: call.toolCallId,
      [Attr.CIRCUIT_STATE]: change.to,
      [Attr.CIRCUIT_RULE]: change.rule,
      [Attr.CIRCUIT_MODE]: change.mode,
    },
  });
}
