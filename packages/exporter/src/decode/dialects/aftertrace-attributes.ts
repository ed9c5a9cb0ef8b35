import {
  Attr,
  Decision,
  MatchedRule,
  RunOutcomeKind,
  ToolOutcome,
  TrajectoryExtra,
} from '@aftertrace/schema';

import type { TelemetryAttributes } from '../telemetry.ts';
import { booleanOf, countOf, stringOf, stringsOf, structured } from './attribute-readers.ts';

/** A decision as a line holds it. */
export type RecordedDecision = TrajectoryExtra['decisions'][number];
/** An override as a line holds it. */
export type RecordedOverride = TrajectoryExtra['overrides'][number];

/** Where and when a span or event stands. */
export interface Standing {
  /** ISO 8601. */
  readonly at: string;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

const DecisionInLine = Decision.partial({ agent: true, tool: true, rules: true, at: true });
const OverrideInLine = TrajectoryExtra.shape.overrides.element;

/** The judgement that an agent of ours made where the result was, or `undefined`. */
export function readToolOutcome(attributes: TelemetryAttributes): ToolOutcome | undefined {
  const outcome = stringOf(attributes, Attr.TOOL_OUTCOME);
  if (outcome === undefined) return undefined;
  const evidence = structured(attributes.get(Attr.TOOL_FAILURE_EVIDENCE));
  const parsed = ToolOutcome.safeParse({
    outcome,
    certainty: stringOf(attributes, Attr.TOOL_FAILURE_CERTAINTY) ?? 'certain',
    channel: stringOf(attributes, Attr.TOOL_FAILURE_CHANNEL),
    class: stringOf(attributes, Attr.TOOL_FAILURE_CLASS),
    rule: stringOf(attributes, Attr.TOOL_FAILURE_RULE) ?? 'agent.reported',
    ...(typeof evidence === 'object' && evidence !== null ? { evidence } : {}),
  });
  if (parsed.success) return withoutUndefined(parsed.data);
  // A newer agent's word for a channel or a class must not cost us the outcome itself.
  const bare = ToolOutcome.safeParse({ outcome, certainty: 'certain', rule: 'agent.reported' });
  return bare.success ? bare.data : undefined;
}

/** What policy or a containment said about the call, or `undefined`. */
export function readDecision(
  attributes: TelemetryAttributes,
  standing: Standing,
): RecordedDecision | undefined {
  const verdict = stringOf(attributes, Attr.DECISION_VERDICT);
  if (verdict === undefined) return undefined;
  const policyName = stringOf(attributes, Attr.DECISION_POLICY_NAME);
  const revision = countOf(attributes, Attr.DECISION_POLICY_REVISION);
  const parsed = DecisionInLine.safeParse({
    id:
      stringOf(attributes, Attr.DECISION_ID) ??
      `dec_${standing.traceId ?? ''}_${standing.spanId ?? ''}`,
    at: standing.at,
    verdict,
    action: stringOf(attributes, Attr.DECISION_ACTION) ?? verdict,
    source: stringOf(attributes, Attr.DECISION_SOURCE) ?? 'default',
    rule: stringOf(attributes, Attr.DECISION_RULE),
    rules: readMatchedRules(attributes),
    reason: stringOf(attributes, Attr.DECISION_REASON),
    containment: stringOf(attributes, Attr.DECISION_CONTAINMENT_ID),
    policy: policyName === undefined ? undefined : { name: policyName, revision: revision ?? 0 },
    agent: stringOf(attributes, 'gen_ai.agent.name'),
    tool: stringOf(attributes, 'gen_ai.tool.name'),
    actionDigest: stringOf(attributes, Attr.DECISION_ACTION_DIGEST),
    executed: booleanOf(attributes, Attr.DECISION_EXECUTED),
    run: stringOf(attributes, Attr.RUN_ID),
    conversation: stringOf(attributes, 'gen_ai.conversation.id'),
    toolCallId: stringOf(attributes, 'gen_ai.tool.call.id'),
    traceId: standing.traceId,
    spanId: standing.spanId,
  });
  return parsed.success ? withoutUndefined(parsed.data) : undefined;
}

/** Rules as JSON text (an array, or an array of JSON texts); ids alone say too little to be rules. */
function readMatchedRules(attributes: TelemetryAttributes): MatchedRule[] {
  const value = structured(attributes.get(Attr.DECISION_RULES));
  const items = Array.isArray(value) ? value : stringsOf(attributes, Attr.DECISION_RULES);
  return items.flatMap((item: unknown) => {
    const parsed = MatchedRule.safeParse(structured(item));
    return parsed.success ? [parsed.data] : [];
  });
}

/** A person's act, or `undefined`. Without a reason it is none. */
export function readOverride(
  attributes: TelemetryAttributes,
  standing: Standing,
): RecordedOverride | undefined {
  const id = stringOf(attributes, Attr.OVERRIDE_ID);
  const decision = stringOf(attributes, Attr.OVERRIDE_DECISION);
  if (id === undefined || decision === undefined) return undefined;
  const assurance = stringOf(attributes, Attr.OVERRIDE_ACTOR_ASSURANCE);
  const source = stringOf(attributes, Attr.OVERRIDE_PRIOR_SOURCE);
  const status = stringOf(attributes, Attr.OVERRIDE_OUTCOME);
  const tool = stringOf(attributes, 'gen_ai.tool.name');
  const rule = stringOf(attributes, Attr.OVERRIDE_PRIOR_RULE);
  const parsed = OverrideInLine.safeParse({
    id,
    at: standing.at,
    kind: stringOf(attributes, Attr.OVERRIDE_KIND) ?? 'override',
    actor: {
      id: stringOf(attributes, Attr.OVERRIDE_ACTOR_ID) ?? 'unknown',
      ...(assurance === undefined ? {} : { assurance }),
    },
    decision,
    reason: stringOf(attributes, Attr.OVERRIDE_REASON),
    prior:
      source === undefined
        ? undefined
        : {
            source,
            decision: stringOf(attributes, Attr.OVERRIDE_PRIOR_DECISION) ?? 'unknown',
            ...(tool === undefined ? {} : { tool }),
            ...(rule === undefined ? {} : { rule }),
          },
    outcome: status === undefined ? undefined : { status },
    agent: stringOf(attributes, 'gen_ai.agent.name'),
    run: stringOf(attributes, Attr.RUN_ID),
    conversation: stringOf(attributes, 'gen_ai.conversation.id'),
    traceId: standing.traceId,
    spanId: standing.spanId,
  });
  return parsed.success ? withoutUndefined(parsed.data) : undefined;
}

/** The outcome that the application or the agent's guard stated for the run, or `undefined`. */
export function readRunOutcome(attributes: TelemetryAttributes):
  | {
      readonly outcome: RunOutcomeKind;
      readonly basis: string | undefined;
      readonly reason: string | undefined;
    }
  | undefined {
  const outcome = RunOutcomeKind.safeParse(stringOf(attributes, Attr.RUN_OUTCOME));
  if (!outcome.success) return undefined;
  return {
    outcome: outcome.data,
    basis: stringOf(attributes, Attr.RUN_OUTCOME_BASIS),
    reason: stringOf(attributes, Attr.RUN_OUTCOME_REASON),
  };
}

/** Optional fields that are absent, rather than present without a value: a line must survive JSON unchanged. */
export function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as Value;
}
