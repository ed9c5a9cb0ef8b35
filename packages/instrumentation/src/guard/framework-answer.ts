import type { Override } from '@aftertrace/schema';
import { digest } from '@aftertrace/schema/canonical';
import * as api from '@opentelemetry/api';

import { AftertraceError } from '../errors.ts';
import { recordPlace } from '../spans/record-place.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import { clearance, type Clearance, type Refusal } from './clearance.ts';
import { digestOf } from './decision-record.ts';
import type { GuardOptions } from './guard.ts';
import { recheck } from './recheck.ts';
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
  if (cleared.refusal !== undefined) return recorded;
  const refusal = unnamed(options, call, answer);
  return refusal === undefined ? recorded : { ...recorded, refusal };
}

/** An approval that does not say who or why, where it must. */
function unnamed(
  options: GuardOptions,
  call: ToolCall,
  answer: FrameworkAnswer,
): Refusal | undefined {
  const isNamed = answer.actor !== undefined && answer.reason !== undefined;
  if (options.approvals === 'record' || isNamed) return undefined;
  const missing = answer.actor === undefined ? 'who approved it' : 'why it was approved';
  const message = `The call of ${call.tool} was approved and the application does not say ${missing}.`;
  const error = new AftertraceError('call_refused', message);
  return { error, outcome: 'denied', rule: 'guard.unnamed_approval' };
}

/** Where an answer is kept that came after the call had been cleared; the end of the call is its outcome. */
export interface LateAnswer {
  override?: Override;
}

/** An answer to a call that is under way, as far as the guard goes: its framework asked after it had been cleared. */
export interface AnswerUnderWay {
  readonly answer: FrameworkAnswer;
  /** What the call is made with. */
  readonly arguments: unknown;
  readonly into: LateAnswer;
}

/**
 * A person has answered after the call had been cleared. Recorded at once. Gives a refusal where the approval must not stand:
 * it names nobody and has to, or the arguments that the person made are not allowed.
 */
export function answerUnderWay(
  options: GuardOptions,
  cleared: Clearance,
  { answer, arguments: args, into }: AnswerUnderWay,
): Refusal | undefined {
  const { call } = cleared;
  const override = toOverride(options, call, { answer, arguments: args });
  into.override = override;
  options.link.prove({ type: 'override', data: override });
  if (!answer.approved) return undefined;
  const refusal = unnamed(options, call, answer);
  if (refusal !== undefined || answer.edited === undefined) return refusal;
  return recheck(options, { ...cleared, arguments: args })?.refusal;
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

function changeOf({ edited }: FrameworkAnswer, after: unknown): Override['change'] {
  if (edited === undefined) return undefined;
  try {
    return { before: digest(edited.before ?? null), after: digest(after ?? null), paths: [''] };
  } catch {
    // No canonical form: that it was changed is told by the decision.
    return undefined;
  }
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
  const approval = answer.edited === undefined ? 'approve' : 'modify';
  return withoutUndefined({
    id: `ovr_${options.randomId()}`,
    at: new Date(options.now()).toISOString(),
    kind: 'approval',
    actor: { kind: 'human', assurance: 'asserted', ...(answer.actor ?? { id: UNIDENTIFIED }) },
    decision: answer.approved ? approval : 'reject',
    reason: answer.reason ?? `${how} without a reason (${by})`,
    prior: {
      source: 'policy',
      decision: 'escalate',
      tool: call.tool,
      rule: `framework.${answer.framework}`,
    },
    change: changeOf(answer, args),
    actionDigest: digestOf(call, args) ?? 'none',
    outcome: { status: 'pending' },
    policyRevision: options.link.inForce().policy?.revision,
    ...recordPlace(call.scope, span),
  }) as unknown as Override;
}
