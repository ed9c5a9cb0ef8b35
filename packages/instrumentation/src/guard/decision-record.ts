import type { PolicyDecision } from '@aftertrace/policy';
import type { Decision } from '@aftertrace/schema';
import { actionDigest } from '@aftertrace/schema/canonical';
import { Attr, EventName } from '@aftertrace/schema/names';
import type * as api from '@opentelemetry/api';

import { recordPlace } from '../spans/record-place.ts';
import { emitEvent, Severity, withoutUndefined } from '../spans/telemetry.ts';
import { callAttributes, type ToolCall } from './tool-call.ts';

/** Plain allow is not recorded: nobody said anything about the call. */
export function isRecorded(decision: PolicyDecision): boolean {
  return decision.verdict !== 'allow';
}

/** What a record needs besides the decision. */
export interface DecisionFacts {
  readonly id: string;
  readonly atMillis: number;
  readonly call: ToolCall;
  /** What the call is or would be made with. */
  readonly arguments: unknown;
  /** `false`: evaluated and not executed; absent while it waits. */
  readonly executed?: boolean | undefined;
  /** Span that the decision belongs to. */
  readonly span: api.SpanContext | undefined;
}

/** The contract's record of a decision. */
export function decisionRecord(decision: PolicyDecision, facts: DecisionFacts): Decision {
  const { call, span } = facts;
  return withoutUndefined({
    id: facts.id,
    at: new Date(facts.atMillis).toISOString(),
    verdict: decision.verdict,
    action: decision.action,
    source: decision.source,
    rule: decision.rule,
    rules: [...decision.rules],
    reason: decision.reason,
    containment: decision.containment?.id,
    policy: decision.policy,
    ...recordPlace(call.scope, span),
    tool: call.tool,
    actionDigest: digestOf(call, facts.arguments),
    executed: facts.executed,
    toolCallId: call.toolCallId,
  }) as unknown as Decision;
}

/** Digest of {agent, tool, arguments, run}; undefined where the arguments have no canonical form. */
export function digestOf(call: ToolCall, args: unknown): string | undefined {
  try {
    return actionDigest({
      agent: call.scope.agent.name,
      tool: call.tool,
      arguments: args,
      run: call.scope.run.id,
    });
  } catch {
    // Cycles, BigInt, NaN: a digest would not be reproducible, so there is none.
    return undefined;
  }
}

/** Attributes of a decision for the tool's span; lists as JSON text. */
export function decisionSpanAttributes(record: Decision): Record<string, unknown> {
  return { ...scalarAttributes(record), [Attr.DECISION_RULES]: JSON.stringify(record.rules) };
}

/** Emits `aftertrace.tool.decision`. */
export function emitDecision(
  record: Decision,
  call: ToolCall,
  where: { readonly context: api.Context; readonly instance: string },
): void {
  emitEvent({
    name: EventName.TOOL_DECISION,
    severity: record.action === 'allow' ? Severity.INFO : Severity.WARN,
    context: where.context,
    attributes: {
      ...callAttributes(call, where.instance),
      ...scalarAttributes(record),
      [Attr.DECISION_RULES]: record.rules,
    },
  });
}

function scalarAttributes(record: Decision): Record<string, unknown> {
  return withoutUndefined({
    [Attr.DECISION_ID]: record.id,
    [Attr.DECISION_VERDICT]: record.verdict,
    [Attr.DECISION_ACTION]: record.action,
    [Attr.DECISION_SOURCE]: record.source,
    [Attr.DECISION_RULE]: record.rule,
    [Attr.DECISION_REASON]: record.reason,
    [Attr.DECISION_CONTAINMENT_ID]: record.containment,
    [Attr.DECISION_ACTION_DIGEST]: record.actionDigest,
    [Attr.DECISION_EXECUTED]: record.executed,
    [Attr.DECISION_POLICY_NAME]: record.policy?.name,
    [Attr.DECISION_POLICY_REVISION]: record.policy?.revision,
  });
}
