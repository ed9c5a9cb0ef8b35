import type { Override } from '@aftertrace/schema';
import { Attr, EventName, GenAi } from '@aftertrace/schema/names';
import type * as api from '@opentelemetry/api';

import { scopeAttributes } from '../spans/identity-attributes.ts';
import type { Scope } from '../spans/scope.ts';
import { emitEvent, Severity } from '../spans/telemetry.ts';

/** Attributes of an override, the same on the tool's span and on its event. */
export function overrideAttributes(
  override: Override,
  status: Override['outcome']['status'],
): Record<string, unknown> {
  return {
    [Attr.OVERRIDE_ID]: override.id,
    [Attr.OVERRIDE_KIND]: override.kind,
    [Attr.OVERRIDE_DECISION]: override.decision,
    [Attr.OVERRIDE_ACTOR_ID]: override.actor.id,
    [Attr.OVERRIDE_ACTOR_ASSURANCE]: override.actor.assurance,
    [Attr.OVERRIDE_REASON]: override.reason,
    [Attr.OVERRIDE_PRIOR_SOURCE]: override.prior.source,
    [Attr.OVERRIDE_PRIOR_DECISION]: override.prior.decision,
    ...(override.prior.rule === undefined
      ? {}
      : { [Attr.OVERRIDE_PRIOR_RULE]: override.prior.rule }),
    [Attr.OVERRIDE_OUTCOME]: status,
  };
}

/** Where an override took effect. */
export interface OverridePlace {
  readonly scope: Scope;
  readonly instance: string;
  readonly context: api.Context;
  readonly tool?: string | undefined;
  readonly toolCallId?: string | undefined;
}

/** Emits `aftertrace.override`. */
export function emitOverride(
  override: Override,
  status: Override['outcome']['status'],
  place: OverridePlace,
): void {
  emitEvent({
    name: EventName.OVERRIDE,
    severity: Severity.WARN,
    context: place.context,
    attributes: {
      ...scopeAttributes(place.scope, place.instance),
      [GenAi.TOOL_NAME]: place.tool,
      [GenAi.TOOL_CALL_ID]: place.toolCallId,
      ...overrideAttributes(override, status),
    },
  });
}
