import {
  describeCall,
  NEW_CONVERSATION,
  tellCircuit,
  withCall,
  withEnd,
  type CompiledPolicy,
  type ConversationFacts,
  type CounterState,
  type PolicyDecision,
  type PolicyState,
  type ProposedCall,
} from '@aftertrace/policy';
import type { ToolOutcome, WrittenTrajectory } from '@aftertrace/schema';

import type { RecordedCall } from './recorded-calls.ts';

/** What a recorded call would have changed for those after it. */
export interface Replay {
  readonly call: ProposedCall;
  readonly decision: PolicyDecision;
  /** The policy would not have let it run at once. */
  readonly stopped: boolean;
  /** What became of it as it was; undefined: not recorded. */
  readonly outcome: ToolOutcome | undefined;
  readonly atMillis: number;
}

/**
 * The past of recorded conversations, as a guard that had seen all of these runs would know it: a policy asks it for
 * conversations, limits and circuits. All runs count as those of one process, in the order in which they are given.
 */
export interface ReplayState {
  state(call: ProposedCall, atMillis: number): PolicyState;
  /** Keeps what the call changed. */
  keep(replay: Replay): void;
}

/** Conversations that are remembered, and counters; the oldest go first. */
const MAX_ENTRIES = 100_000;

/** Nothing has happened yet. */
export function createReplayState(): ReplayState {
  const conversations = new Map<string, ConversationFacts>();
  const counters = new Map<string, CounterState>();
  const factsOf = (call: ProposedCall): ConversationFacts =>
    conversations.get(keyOf(call)) ?? NEW_CONVERSATION;
  return {
    state: (call, atMillis) => ({
      conversation: factsOf(call),
      counters,
      steadyMillis: atMillis,
    }),
    keep: ({ call, decision, stopped, outcome, atMillis }) => {
      const { effects } = decision;
      if (stopped) return set(conversations, keyOf(call), withEnd(factsOf(call), 'refused'));
      for (const [key, state] of effects?.counters ?? []) set(counters, key, state);
      const { tool, reversibility } = { ...call, ...raised(decision) };
      const { labels, shadowLabels } = effects ?? {};
      const made = withCall(factsOf(call), { tool, reversibility, labels, shadowLabels });
      const end = outcome?.outcome === 'failed' ? 'failed' : 'other';
      set(conversations, keyOf(call), withEnd(made, end));
      if (outcome === undefined) return;
      for (const { key, breaker, probe } of effects?.circuits ?? []) {
        const kept = counters.get(key);
        const circuit = kept?.kind === 'usage' ? undefined : kept;
        const report = { probe, outcome, nowMillis: atMillis };
        set(counters, key, tellCircuit(breaker, circuit, report));
      }
    },
  };
}

/** A recorded call as a policy sees it. Of versions, lines hold the agent's and its model's. */
export function proposedCallOf(
  policy: CompiledPolicy,
  { trajectory }: WrittenTrajectory,
  recorded: { readonly call: RecordedCall; readonly arguments: unknown },
): ProposedCall {
  const { agent, extra, trajectory_id: id } = trajectory;
  const { conversationId } = extra.aftertrace;
  return describeCall(policy, {
    agent: agent.name,
    tool: recorded.call.tool,
    arguments: recorded.arguments,
    agentVersion: agent.version === 'unknown' ? undefined : agent.version,
    model: agent.model_name,
    conversation: conversationId,
    run: id,
  });
}

function raised({ reversibility }: PolicyDecision): Pick<ProposedCall, 'reversibility'> {
  return reversibility === undefined ? {} : { reversibility };
}

function keyOf({ conversation, run }: ProposedCall): string {
  return conversation === undefined ? `run ${run}` : `conversation ${conversation}`;
}

function set<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MAX_ENTRIES) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
