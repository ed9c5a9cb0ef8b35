import type { ReversibilityClass } from '@aftertrace/schema';

import { highestClass } from './reversibility.ts';

/** What a conversation did so far. A value: each call makes a new one, kept by whoever keeps state. */
export interface ConversationFacts {
  /** Calls that were made, whatever became of them. */
  readonly calls: number;
  readonly failures: number;
  /** Calls that were refused, by rules, containments or people. */
  readonly refusals: number;
  /** How often each tool was called. */
  readonly tools: ReadonlyMap<string, number>;
  /** Set by enforced rules. */
  readonly labels: readonly string[];
  /** Set by rules in shadow: seen by rules in shadow only. */
  readonly shadowLabels: readonly string[];
  /** The gravest class of the calls that were made; undefined before the first. */
  readonly reversibility: ReversibilityClass | undefined;
  /**
   * What of its past is not known any more: which tools it called, or anything. What is there is true all the same. Where a
   * rule would have to know the rest, it follows its `onError`.
   */
  readonly forgotten?: 'tools' | 'all' | undefined;
}

/** A conversation in which nothing has happened. */
export const NEW_CONVERSATION: ConversationFacts = Object.freeze({
  calls: 0,
  failures: 0,
  refusals: 0,
  tools: new Map<string, number>(),
  labels: Object.freeze([]),
  shadowLabels: Object.freeze([]),
  reversibility: undefined,
});

/** A conversation whose past has been forgotten, or may have been. */
export const FORGOTTEN_CONVERSATION: ConversationFacts = Object.freeze({
  ...NEW_CONVERSATION,
  forgotten: 'all',
});

/**
 * The facts without the names of tools, which take the most room: for conversations that have not been heard of for long.
 * Labels stay.
 */
export function withoutTools(facts: ConversationFacts): ConversationFacts {
  if (facts.tools.size === 0) return facts;
  return { ...facts, tools: NEW_CONVERSATION.tools, forgotten: facts.forgotten ?? 'tools' };
}

/** @throws RangeError where more would have to be known than is. */
export function assertKnown({ forgotten }: ConversationFacts, what: 'tools' | 'past'): void {
  if (forgotten === undefined || (what === 'past' && forgotten === 'tools')) return;
  throw new RangeError(`the ${what} of the conversation has been forgotten`);
}

/** Names of tools kept of one conversation; calls of further ones are counted, not named. */
const MAX_TOOLS = 256;

/**
 * Was any tool called whose name the test holds for?
 *
 * @throws RangeError where none of those kept was, and there were more than are kept, or may have been: nobody knows.
 */
export function wasCalled(facts: ConversationFacts, isOne: (name: string) => boolean): boolean {
  let named = 0;
  for (const [name, count] of facts.tools) {
    if (isOne(name)) return true;
    named += count;
  }
  assertKnown(facts, 'tools');
  if (facts.tools.size < MAX_TOOLS || named >= facts.calls) return false;
  throw new RangeError(`the conversation called more than ${MAX_TOOLS} tools`);
}

/** A call that is about to be made. */
export interface MadeCall {
  readonly tool: string;
  /** What is known of it; undefined counts as irreversible. */
  readonly reversibility: ReversibilityClass | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly shadowLabels?: readonly string[] | undefined;
}

/** The facts with a call that is made now: what runs at the same time sees it already. */
export function withCall(facts: ConversationFacts, call: MadeCall): ConversationFacts {
  const tools = new Map(facts.tools);
  const before = tools.get(call.tool);
  if (before !== undefined || tools.size < MAX_TOOLS) tools.set(call.tool, (before ?? 0) + 1);
  return {
    ...withLabels(facts, call),
    calls: facts.calls + 1,
    tools,
    reversibility: highestClass(facts.reversibility, call.reversibility ?? 'irreversible'),
  };
}

/** The facts with labels set. */
export function withLabels(
  facts: ConversationFacts,
  set: Pick<MadeCall, 'labels' | 'shadowLabels'>,
): ConversationFacts {
  const labels = union(facts.labels, set.labels);
  const shadowLabels = union(facts.shadowLabels, set.shadowLabels);
  const isSame = labels === facts.labels && shadowLabels === facts.shadowLabels;
  return isSame ? facts : { ...facts, labels, shadowLabels };
}

/** The facts with what became of a call. */
export function withEnd(
  facts: ConversationFacts,
  end: 'failed' | 'refused' | 'other',
): ConversationFacts {
  if (end === 'failed') return { ...facts, failures: facts.failures + 1 };
  return end === 'refused' ? { ...facts, refusals: facts.refusals + 1 } : facts;
}

function union(known: readonly string[], added: readonly string[] = []): readonly string[] {
  const fresh = added.filter((label) => !known.includes(label));
  if (fresh.length === 0) return known;
  // All are kept: a bundle has few (`check-rules.ts`), and one that is dropped would be a way around a rule.
  return [...new Set([...known, ...fresh])];
}
