import type { Override } from '@aftertrace/schema';
import { actionDigest, digest } from '@aftertrace/schema/canonical';
import * as api from '@opentelemetry/api';

import { AftertraceError } from '../errors.ts';
import { runtime, type Runtime } from '../runtime.ts';
import { recordPlace } from '../spans/record-place.ts';
import type { Scope } from '../spans/scope.ts';
import { strayScope } from '../spans/stray-scope.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import { emitOverride, overrideAttributes } from './override-attributes.ts';

/** A person's act on what an agent or a policy had decided, done by the application's own means. */
export interface OverrideInput {
  /** `override` reverses a decision already made; `approval` answers what was asked. Default `override`. */
  readonly kind?: Override['kind'];
  /** Who did it. Recorded as asserted: nothing here verifies it. */
  readonly actor: { readonly id: string; readonly name?: string; readonly role?: string };
  readonly decision: Override['decision'];
  /** Why; must not be empty. */
  readonly reason: string;
  /** What stood before: who had decided what. */
  readonly prior: {
    readonly source: Override['prior']['source'];
    /** For example `call refund`. */
    readonly decision: string;
    readonly rule?: string;
    /** Step of the run's trajectory, from 1. */
    readonly step?: number;
  };
  /** Tool that it is about; default: the one that runs now. */
  readonly tool?: string;
  /** Arguments that it is about; default: those of the tool call that runs now. Only their digest is kept. */
  readonly arguments?: unknown;
  /** What the person changed; only digests of the two are kept, and where they differ (JSON pointers; default: all of it). */
  readonly change?: {
    readonly before: unknown;
    readonly after: unknown;
    readonly paths?: readonly string[];
  };
  /** Until when the act holds, where it does not hold for good. */
  readonly expiresAt?: Date;
  /** Id of the incident that it belongs to. */
  readonly incident?: string;
  /**
   * What followed. Default `succeeded`: the act has been done when it is recorded. `pending`: what comes of it is told later, by
   * `recordOverrideOutcome`.
   */
  readonly outcome?: 'pending' | 'succeeded' | 'failed' | 'not_executed';
}

/**
 * Records an override: as `aftertrace.override.*` on the span of the tool call that runs now, as an event, and as evidence
 * for the companion's ledger. Returns the record.
 *
 * @throws AftertraceError `invalid_argument` when nobody or no reason is named: an act without either is refused.
 */
export function recordOverride(input: OverrideInput): Override {
  if (!isText(input.actor?.id)) throw invalid('needs the id of the person who acted');
  if (!isText(input.reason)) throw invalid('needs a reason');
  const shared = runtime();
  const scope = shared.scopes.getStore() ?? strayScope(shared);
  const override = toOverride(shared, scope, input);
  const { status } = override.outcome;
  scope.toolCall?.setAttributes(overrideAttributes(override, status));
  emitOverride(override, status, {
    scope,
    instance: shared.instance,
    context: api.context.active(),
    tool: override.prior.tool,
    toolCallId: scope.toolCall?.toolCallId,
  });
  shared.link.prove({ type: 'override', data: override });
  return override;
}

/**
 * Says what came of an override that was recorded as `pending`: an event, and evidence for the companion's ledger. The record
 * itself is not edited.
 *
 * @throws AftertraceError `invalid_argument` where the outcome is none.
 */
export function recordOverrideOutcome(
  override: Override,
  status: 'succeeded' | 'failed' | 'not_executed',
): void {
  if (!OUTCOMES.has(status)) {
    const known = [...OUTCOMES].join(', ');
    throw new AftertraceError('invalid_argument', `recordOverrideOutcome needs one of ${known}`);
  }
  const shared = runtime();
  const scope = shared.scopes.getStore() ?? strayScope(shared);
  const { tool } = override.prior;
  const { instance } = shared;
  scope.toolCall?.setAttributes(overrideAttributes(override, status));
  emitOverride(override, status, { scope, instance, context: api.context.active(), tool });
  const at = new Date(shared.agents.now()).toISOString();
  shared.link.prove({ type: 'override.outcome', data: { override: override.id, status, at } });
}

const OUTCOMES = new Set<string>(['succeeded', 'failed', 'not_executed']);

function toOverride(shared: Runtime, scope: Scope, input: OverrideInput): Override {
  const { toolCall, agent, run } = scope;
  const tool = input.tool ?? toolCall?.tool;
  const at = new Date(shared.agents.now()).toISOString();
  const span = api.trace.getSpanContext(api.context.active());
  const args = input.arguments ?? toolCall?.arguments ?? null;
  const { change, expiresAt, incident, outcome = 'succeeded' } = input;
  return withoutUndefined({
    id: `ovr_${shared.randomId()}`,
    at,
    kind: input.kind ?? 'override',
    actor: { kind: 'human', assurance: 'asserted', ...withoutUndefined(input.actor) },
    decision: input.decision,
    reason: input.reason.trim(),
    prior: withoutUndefined({ ...input.prior, tool, argumentsDigest: valueDigest(args) }),
    change: change === undefined ? undefined : toChange(change),
    actionDigest: digestOf({ agent: agent.name, tool: tool ?? '', arguments: args, run: run.id }),
    expiresAt: expiresAt?.toISOString(),
    outcome: outcome === 'pending' ? { status: outcome } : { status: outcome, at },
    incident,
    policyRevision: shared.agents.policyRevision(),
    ...recordPlace(scope, span),
  }) as unknown as Override;
}

function digestOf(binding: Parameters<typeof actionDigest>[0]): string {
  try {
    return actionDigest(binding);
  } catch {
    throw invalid('needs arguments that have a JSON form, or none');
  }
}

function toChange(change: NonNullable<OverrideInput['change']>): Override['change'] {
  const { before, after, paths = [''] } = change;
  return { before: valueDigest(before), after: valueDigest(after), paths: [...paths] };
}

function valueDigest(value: unknown): string {
  try {
    return digest(value ?? null);
  } catch {
    throw invalid('needs values that have a JSON form');
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function invalid(what: string): AftertraceError {
  return new AftertraceError('invalid_argument', `recordOverride ${what}`);
}
