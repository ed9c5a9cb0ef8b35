import type {
  ConversationMatch,
  CountRange,
  NamePattern,
  PinnedVersions,
  ReversibilityMatch,
  RuleMatch,
} from '@aftertrace/schema';

import type { Condition } from './compiled-policy.ts';
import { wasCalled, type ConversationFacts } from './conversation.ts';
import { nameTest } from './name-index.ts';
import { highestClass, isAtLeast } from './reversibility.ts';

/** Compiles the tests of `match` that look neither at names nor at values. */
export function compileConditions(match: RuleMatch): readonly Condition[] {
  return [
    ...(match.pinned === undefined ? [] : [pinnedCondition(match.pinned)]),
    ...(match.reversibility === undefined ? [] : [reversibilityCondition(match.reversibility)]),
    ...(match.conversation === undefined ? [] : conversationConditions(match.conversation)),
  ];
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
    return isAtLeast(highestClass(conversation.reversibility, own), atLeast);
  };
}

function conversationConditions(match: ConversationMatch): readonly Condition[] {
  const conditions: Condition[] = [];
  const { labels, withoutLabels, afterTools, withoutTools } = match;
  if (labels !== undefined) {
    conditions.push((context, shadow) => hasAny(context.labels(shadow), labels));
  }
  if (withoutLabels !== undefined) {
    conditions.push((context, shadow) => !hasAny(context.labels(shadow), withoutLabels));
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
      conditions.push(({ conversation }) => isWithin(conversation[name], range));
  }
  return conditions;
}

function hasAny(present: readonly string[], wanted: readonly string[]): boolean {
  return wanted.some((label) => present.includes(label));
}

function toolTest(pattern: NamePattern): (facts: ConversationFacts) => boolean {
  const patterns = [pattern].flat();
  const isOne = nameTest(patterns);
  const exact = patterns.filter((name) => !name.endsWith('*'));
  return (facts) => exact.some((name) => facts.tools.has(name)) || wasCalled(facts, isOne);
}

function isWithin(count: number, { above, below }: CountRange): boolean {
  return (above === undefined || count > above) && (below === undefined || count < below);
}
