import { recordPlace } from '../spans/record-place.ts';
import { withoutUndefined } from '../spans/telemetry.ts';
import { digestOf } from './decision-record.ts';
import type { Effect, EffectReport, ReversibilityClass, ToolOutcome } from '@aftertrace/schema';
import type * as api from '@opentelemetry/api';

import type { GuardOptions } from './guard.ts';
import type { ToolCall } from './tool-call.ts';

/** A call that its tool has fulfilled. */
export interface FulfilledCall {
  readonly call: ToolCall;
  /** What the tool was called with. */
  readonly arguments: unknown;
  /** What the tool returned, before anything was redacted. */
  readonly result: unknown;
  readonly outcome: ToolOutcome;
  /** As the tool, the policy or a rule has it; undefined: nobody said. */
  readonly reversibility: ReversibilityClass | undefined;
  readonly span: api.SpanContext | undefined;
}

/**
 * Longest JSON text of arguments or result that is handed over, in bytes; what is longer is reported as not compensable. Both
 * together go into one request.
 */
const MAX_DETAIL_BYTES = 262_144;

/**
 * Tells the companion what a call did outside, where its tool or the policy says how far its calls can be undone. Calls that
 * only read, and those that failed, did nothing that is known.
 */
export function reportEffect(options: GuardOptions, fulfilled: FulfilledCall): void {
  const { call, arguments: args, result, outcome, reversibility, span } = fulfilled;
  const { compensate } = call.described ?? {};
  if (reversibility === undefined || reversibility === 'read_only') return;
  if (outcome.outcome === 'failed') return;
  const { diagnostics, link, now, randomId } = options;
  diagnostics.protect(
    'guard.effect',
    () => {
      const { scope, tool, toolCallId } = call;
      const actionDigest = digestOf(call, args);
      const kept = compensate === undefined ? undefined : detailsOf(args, result);
      if (compensate !== undefined && kept === undefined)
        diagnostics.count('guard.effect_too_large');
      const effect = withoutUndefined({
        id: `eff_${randomId()}`,
        at: new Date(now()).toISOString(),
        ...recordPlace(scope, span),
        tool,
        reversibility,
        compensable: kept !== undefined,
        actionDigest: actionDigest ?? 'none',
        toolCallId,
      }) as unknown as Effect;
      const data: EffectReport = { ...effect, ...kept };
      link.prove({ type: 'effect', data });
    },
    undefined,
  );
}

/** As JSON has them, copied: what the application changes later is not what was done. Undefined: no form, or too large. */
function detailsOf(
  args: unknown,
  result: unknown,
): { readonly arguments: unknown; readonly result: unknown } | undefined {
  const kept = [args, result].map((value) => {
    try {
      const text = JSON.stringify(value) ?? 'null';
      return Buffer.byteLength(text) > MAX_DETAIL_BYTES
        ? undefined
        : { value: JSON.parse(text) as unknown };
    } catch {
      // No JSON form: nothing could be handed over.
      return undefined;
    }
  });
  const [first, second] = kept;
  if (first === undefined || second === undefined) return undefined;
  return { arguments: first.value, result: second.value };
}
