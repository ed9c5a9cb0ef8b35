import type {
  ConversationMatch,
  CountRange,
  NamePattern,
  PinnedVersions,
  ReversibilityMatch,
  RuleMatch,
} from '@aftertrace/schema';

import type { Condition } from './compiled-policy.ts';
import { assertKnown, wasCalled, type ConversationFacts } from './conversation.ts';
import { nameTest } from './name-index.ts';
import { highestClass, isAtLeast } from './reversibility.ts';
import type { RuleContext } from './rule-context.ts';

/** Compiles the tests of `match` that look neither at names nor at values. */
export function compileConditions(match: RuleMatch): readonly Condition[] {
  return [
    ...(match.capability === undefined ? [] : [capabilityCondition(match.capability)]),
    ...(match.pinned === undefined ? [] : [pinnedCondition(match.pinned)]),
    ...(match.reversibility === undefined ? [] : [reversibilityCondition(match.reversibility)]),
    ...(match.conversation === undefined ? [] : conversationConditions(match.conversation)),
  ];
}

/** What is not known of the tool, it cannot do: as containments by capability take it. */
function capabilityCondition(pattern: NamePattern): Condition {
  const isOne = nameTest([pattern].flat());
  return ({ call }) => call.capabilities?.some(isOne) === true;
}

const PINNED = ['agentVersion', 'model', 'promptDigest', 'toolsDigest'] as const;

/** Which versions are pinned. */
export function pinnedVersions(pinned: PinnedVersions): readonly (keyof PinnedVersions)[] {
  return PINNED.filter((name) => pinned[name] !== undefined);
}

/** Holds where anything that is pinned differs, or is not known. */
function pinnedCondition(pinned: PinnedVersions): Condition {
  const tests = PINNED.flatMap((name) => {
    const pattern = pinned[name];
    return pattern === undefined ? [] : [{ name, isWanted: nameTest([pattern].flat()) }];
  });
  return ({ call }) =>
    tests.some(({ name, isWanted }) => {
      const actual = call[name];
      return actual === undefined || !isWanted(actual);
    });
}

function reversibilityCondition({ atLeast, of }: ReversibilityMatch): Condition {
  if (of === 'call') return ({ call }) => isAtLeast(call.reversibility, atLeast);
  return ({ call, conversation }) => {
    const own = call.reversibility ?? 'irreversible';
    if (isAtLeast(highestClass(conversation.reversibility, own), atLeast)) return true;
    assertKnown(conversation, 'past');
    return false;
  };
}

function conversationConditions(match: ConversationMatch): readonly Condition[] {
  const conditions: Condition[] = [];
  const { labels, withoutLabels, afterTools, withoutTools } = match;
  if (labels !== undefined) {
    conditions.push((context, shadow) => hasLabel(context, shadow, labels));
  }
  if (withoutLabels !== undefined) {
    conditions.push((context, shadow) => !hasLabel(context, shadow, withoutLabels));
  }
  if (afterTools !== undefined) {
    const isOne = toolTest(afterTools);
    conditions.push(({ conversation }) => isOne(conversation));
  }
  if (withoutTools !== undefined) {
    const isOne = toolTest(withoutTools);
    conditions.push(({ conversation }) => !isOne(conversation));
  }
  for (const name of ['calls', 'failures', 'refusals'] as const) {
    const range = match[name];
    if (range !== undefined)
      conditions.push(({ conversation }) => isWithin(conversation, name, range));
  }
  return conditions;
}

/** @throws RangeError where none of those known is wanted, and there may have been others. */
function hasLabel(context: RuleContext, shadow: boolean, wanted: readonly string[]): boolean {
  const present = context.labels(shadow);
  if (wanted.some((label) => present.includes(label))) return true;
  assertKnown(context.conversation, 'past');
  return false;
}

function toolTest(pattern: NamePattern): (facts: ConversationFacts) => boolean {
  const patterns = [pattern].flat();
  const isOne = nameTest(patterns);
  const exact = patterns.filter((name) => !name.endsWith('*'));
  return (facts) => exact.some((name) => facts.tools.has(name)) || wasCalled(facts, isOne);
}

/** There were at least as many as are known. @throws RangeError where that does not say whether. */
function isWithin(
  facts: ConversationFacts,
  name: 'calls' | 'failures' | 'refusals',
  { above, below }: CountRange,
): boolean {
  const count = facts[name];
  if (below !== undefined && count >= below) return false;
  const isAbove = above === undefined || count > above;
  if (!isAbove || below !== undefined) assertKnown(facts, 'past');
  return isAbove;
}
