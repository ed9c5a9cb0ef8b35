import type { Override } from '@aftertrace/schema';
import * as api from '@opentelemetry/api';

import { AftertraceError } from '../errors.ts';
import { recordPlace } from '../spans/record-place.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import { clearance, type Clearance } from './clearance.ts';
import { digestOf } from './decision-record.ts';
import type { GuardOptions } from './guard.ts';
import { runCleared } from './run.ts';
import type { FrameworkAnswer, ToolCall } from './tool-call.ts';

/** Stands where the application does not say who answered: an empty place would look like a fault of the record. */
const UNIDENTIFIED = 'unidentified';

/**
 * A person has approved the call in the framework's own flow: that is recorded before the call runs, and what becomes of the
 * call is its outcome. Policy and containments have decided by themselves: nobody has verified who this person is.
 */
export function withFrameworkAnswer(
  options: GuardOptions,
  cleared: Clearance,
  answer: FrameworkAnswer,
): Clearance {
  if (cleared.nested) return cleared;
  const { call } = cleared;
  const override = toOverride(options, call, { answer, arguments: cleared.arguments });
  options.link.prove({ type: 'override', data: override });
  const recorded = { ...cleared, answered: override };
  const isNamed = answer.actor !== undefined && answer.reason !== undefined;
  if (options.approvals === 'record' || isNamed || cleared.refusal !== undefined) return recorded;
  const missing = answer.actor === undefined ? 'who approved it' : 'why it was approved';
  const message = `The call of ${call.tool} was approved and the application does not say ${missing}.`;
  const error = new AftertraceError('call_refused', message);
  return { ...recorded, refusal: { error, outcome: 'denied', rule: 'guard.unnamed_approval' } };
}

/** A person has rejected the call in the framework's own flow: no tool runs, and nobody else tells. Never throws. */
export function recordRejected(
  options: GuardOptions,
  call: ToolCall,
  answer: FrameworkAnswer,
): void {
  options.diagnostics.protect(
    'guard.rejected',
    () => {
      const override = toOverride(options, call, { answer, arguments: call.arguments });
      options.link.prove({ type: 'override', data: override });
      const message = `A person rejected the call of ${call.tool}.`;
      const error = new AftertraceError('call_refused', message);
      const refusal = { error, outcome: 'denied', rule: 'guard.human' } as const;
      try {
        runCleared(options, clearance(call, { refusal, answered: override }), {
          execute: () => undefined,
        });
      } catch (refused) {
        if (refused !== error) throw refused;
      }
    },
    undefined,
  );
}

function toOverride(
  options: GuardOptions,
  call: ToolCall,
  about: { readonly answer: FrameworkAnswer; readonly arguments: unknown },
): Override {
  const { answer, arguments: args } = about;
  const span = api.trace.getSpanContext(call.context);
  const by = `${answer.framework} approval ${answer.approvalId}`;
  const how = answer.approved ? 'approved' : 'rejected';
  return withoutUndefined({
    id: `ovr_${options.randomId()}`,
    at: new Date(options.now()).toISOString(),
    kind: 'approval',
    actor: { kind: 'human', assurance: 'asserted', ...(answer.actor ?? { id: UNIDENTIFIED }) },
    decision: answer.approved ? 'approve' : 'reject',
    reason: answer.reason ?? `${how} without a reason (${by})`,
    prior: {
      source: 'policy',
      decision: 'escalate',
      tool: call.tool,
      rule: `framework.${answer.framework}`,
    },
    actionDigest: digestOf(call, args) ?? 'none',
    outcome: { status: 'pending' },
    policyRevision: options.link.inForce().policy?.revision,
    ...recordPlace(call.scope, span),
  }) as unknown as Override;
}
