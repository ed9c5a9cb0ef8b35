import type { CompiledPolicy } from '@aftertrace/policy';

import { clearance } from './clearance.ts';
import type { GuardOptions } from './guard.ts';
import { refusalOf } from './refusal.ts';
import { runCleared } from './run.ts';
import type { ToolCall } from './tool-call.ts';

/**
 * A call that its adapter cannot read passes only where nothing in force might stop a call: a rule that is not asked must not
 * count as one that allows.
 *
 * @throws AftertraceError `call_refused`, which is recorded as a decision about a call of a tool that is not known.
 */
export function refuseUnread(
  options: GuardOptions,
  place: Pick<ToolCall, 'scope' | 'context'>,
): void {
  const { link } = options;
  if (!link.governed) return;
  const { policy, containments, closed } = link.inForce();
  const stops =
    link.untilReady() !== undefined ||
    closed !== undefined ||
    containments.some(({ mode }) => mode === 'enforce') ||
    (policy?.requireAttached === true && options.unattached().length > 0) ||
    mayStop(policy);
  if (!stops) return;
  const call: ToolCall = { ...place, tool: 'unknown', arguments: undefined };
  const decision = {
    verdict: 'block',
    action: 'block',
    source: 'default',
    reason:
      'The call was refused: it could not be read, so that rules and orders in force could not be applied to it.',
    rules: [],
    resultRedactions: [],
  } as const;
  const refusal = refusalOf(decision, call);
  runCleared(options, clearance(call, { decision, refusal }), { execute: () => undefined });
}

function mayStop(policy: CompiledPolicy | undefined): boolean {
  return (policy?.rules ?? []).some(
    ({ mode, verdict, onError }) =>
      mode === 'enforce' && (onError === 'block' || STOPPING.has(verdict)),
  );
}

const STOPPING: ReadonlySet<string> = new Set(['block', 'escalate', 'quarantine']);
