import { randomUUID } from 'node:crypto';

import type { Decision, EvidenceBatch } from '@aftertrace/schema';
import { actionDigest } from '@aftertrace/schema/canonical';
import { ControlPath } from '@aftertrace/schema/names';

import type { CompanionAddress } from '../find-companion.ts';
import { companionAsk } from './companion-ask.ts';
import type { HookAnswer } from './answer-hook.ts';

/** Long enough for a companion that is there: who waits is a person with a tool call. */
const SEND_MILLIS = 3_000;

/** When and about which call, and how the companion is asked. */
export interface DecisionPlace {
  readonly nowMillis: number;
  readonly toolCallId: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Puts a decision other than allow on the companion's record, before Claude Code hears of it.
 *
 * @throws where the companion does not take it.
 */
export async function sendDecision(
  companion: CompanionAddress,
  answer: HookAnswer,
  about: DecisionPlace,
): Promise<void> {
  const { call } = answer;
  const batch: EvidenceBatch = {
    // Each is a process of its own, whose numbers begin anew.
    instance: `hook-${randomUUID()}`,
    agent: call.agent,
    records: [{ seq: 0, type: 'decision', data: recordOf(answer, about) }],
  };
  const ask = await companionAsk(companion, about.env);
  const response = await ask(`${companion.console}${ControlPath.EVIDENCE}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${companion.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(batch),
    signal: AbortSignal.timeout(SEND_MILLIS),
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`the companion did not take the evidence: ${response.status}`);
}

function recordOf({ decision, call }: HookAnswer, about: DecisionPlace): Decision {
  const { verdict, action, source, rule, rules, reason, policy, containment } = decision;
  const isStopped = action === 'block' || action === 'quarantine';
  const { agent, tool, run, conversation } = call;
  const optional = {
    rule,
    reason,
    policy,
    containment: containment?.id,
    run,
    conversation,
    toolCallId: about.toolCallId,
    actionDigest: digestOf(call),
    executed: isStopped ? false : undefined,
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    id: `dec_${randomUUID()}`,
    at: new Date(about.nowMillis).toISOString(),
    verdict,
    action,
    source,
    rules: [...rules],
    agent,
    tool,
    ...Object.fromEntries(present),
  };
}

function digestOf({ agent, tool, run, arguments: args }: HookAnswer['call']): string | undefined {
  try {
    return actionDigest({ agent, tool, arguments: args, run: run ?? '' });
  } catch {
    // No canonical form: a digest would not be reproducible, so there is none.
    return undefined;
  }
}
